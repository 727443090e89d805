package io.affinage.service.http;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** A service that asks nobody who they are is there for its own machine alone. */
@Singleton
class ListenAddress {
  private static final Logger LOG = Logger.getLogger(ListenAddress.class);

  private final String host;
  private final boolean allowUnauthenticated;
  private final Keys keys;

  ListenAddress(
      @ConfigProperty(name = "quarkus.http.host") String host, HttpConfig config, Keys keys) {
    this.host = host;
    this.allowUnauthenticated = config.allowUnauthenticated();
    this.keys = keys;
  }

  /** Before anything listens. */
  void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent start) {
    if (keys.required() || isLoopback(host)) {
      return;
    }
    if (!allowUnauthenticated) {
      throw new IllegalStateException(
          "unauthenticated_listen: the service would listen on "
              + host
              + " and ask nobody for a key. Name a file of keys with AFFINAGE_HTTP_KEYS_FILE, listen"
              + " on 127.0.0.1 (QUARKUS_HTTP_HOST), or say that whoever reaches it may do all with"
              + " AFFINAGE_HTTP_ALLOW_UNAUTHENTICATED=true.");
    }
    LOG.warnf("Whoever reaches %s may do all: no keys are configured", host);
  }

  private static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
