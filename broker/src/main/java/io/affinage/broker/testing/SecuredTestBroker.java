package io.affinage.broker.testing;

import io.affinage.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AclBinding;

/**
 * A broker that lets nobody in without a password (SASL_SSL, SCRAM-SHA-512) or a client certificate
 * (mutual TLS), and lets nobody do what no rule allows (Kafka's {@code StandardAuthorizer}).
 *
 * <p>A user of the name {@code x} is {@code User:x} by its password and {@code User:CN=x} by its
 * certificate, as with Strimzi.
 */
public final class SecuredTestBroker implements AutoCloseable {
  private static final String ADMINISTRATOR = "administrator";
  private static final String BROKER = "broker";

  private final EmbeddedBroker broker;
  private final TestAuthority authority;
  private final int passwordPort;
  private final int certificatePort;
  private final Admin admin;

  private SecuredTestBroker(
      EmbeddedBroker broker, TestAuthority authority, int passwordPort, int certificatePort) {
    this.broker = broker;
    this.authority = authority;
    this.passwordPort = passwordPort;
    this.certificatePort = certificatePort;
    this.admin = Admin.create(new HashMap<>(certificateClient(ADMINISTRATOR)));
  }

  /**
   * Starts one.
   *
   * @param folder existing; for keys and certificates
   */
  public static SecuredTestBroker start(Path folder) {
    TestAuthority authority = TestAuthority.create(folder);
    authority.issue(ADMINISTRATOR);
    int[] ports = freePorts();
    EmbeddedBroker broker =
        EmbeddedBroker.startTemporary(overrides(ports, authority, authority.issue(BROKER)));
    try {
      return new SecuredTestBroker(broker, authority, ports[0], ports[1]);
    } catch (RuntimeException e) {
      broker.close();
      throw e;
    }
  }

  private static int[] freePorts() {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket first = new ServerSocket(0, 1, loopback);
        ServerSocket second = new ServerSocket(0, 1, loopback);
        ServerSocket third = new ServerSocket(0, 1, loopback)) {
      return new int[] {first.getLocalPort(), second.getLocalPort(), third.getLocalPort()};
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> overrides(
      int[] ports, TestAuthority authority, Path keyStore) {
    Map<String, String> properties = new HashMap<>();
    String clients = "PASSWORD://127.0.0.1:%d,CERTIFICATE://127.0.0.1:%d";
    properties.put(
        "listeners",
        (clients + ",CONTROLLER://127.0.0.1:%d").formatted(ports[0], ports[1], ports[2]));
    properties.put("advertised.listeners", clients.formatted(ports[0], ports[1]));
    properties.put(
        "listener.security.protocol.map", "PASSWORD:SASL_SSL,CERTIFICATE:SSL,CONTROLLER:SSL");
    properties.put("inter.broker.listener.name", "CERTIFICATE");
    properties.put("controller.quorum.voters", "1@127.0.0.1:" + ports[2]);
    properties.put("listener.name.certificate.ssl.client.auth", "required");
    properties.put("listener.name.controller.ssl.client.auth", "required");
    properties.put("listener.name.password.sasl.enabled.mechanisms", "SCRAM-SHA-512");
    properties.put(
        "listener.name.password.scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    properties.put("ssl.keystore.type", "PKCS12");
    properties.put("ssl.keystore.location", keyStore.toString());
    properties.put("ssl.keystore.password", TestAuthority.PASSWORD);
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", authority.certificateFile().toString());
    properties.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    properties.put("allow.everyone.if.no.acl.found", "false");
    properties.put("super.users", "User:CN=%s;User:CN=%s".formatted(BROKER, ADMINISTRATOR));
    return properties;
  }

  /** May do everything; closed with the broker. */
  public Admin admin() {
    return admin;
  }

  /** The connection of the one who may do everything. */
  public Map<String, String> administrator() {
    return certificateClient(ADMINISTRATOR);
  }

  /** Makes a user known by its password, which may do nothing yet. */
  public void addPassword(String user, String password) {
    settle(
        admin
            .alterUserScramCredentials(
                List.of(
                    new UserScramCredentialUpsertion(
                        user,
                        new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
                        password)))
            .all());
  }

  /** Makes a user known by its certificate, which may do nothing yet. */
  public void addCertificate(String user) {
    authority.issue(user);
  }

  /** Allows what the rules say. */
  public void allow(Collection<AclBinding> rules) {
    settle(admin.createAcls(rules).all());
  }

  private static void settle(org.apache.kafka.common.KafkaFuture<Void> change) {
    try {
      change.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Kafka client properties of a user with a password; the user need not exist. */
  public Map<String, String> passwordClient(String user, String password) {
    return Map.of(
        "bootstrap.servers",
        "127.0.0.1:" + passwordPort,
        "security.protocol",
        "SASL_SSL",
        "sasl.mechanism",
        "SCRAM-SHA-512",
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
            .formatted(user, password),
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.location",
        authority.certificateFile().toString());
  }

  /** Kafka client properties of a user with a certificate. */
  public Map<String, String> certificateClient(String user) {
    return Map.of(
        "bootstrap.servers",
        "127.0.0.1:" + certificatePort,
        "security.protocol",
        "SSL",
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.location",
        authority.certificateFile().toString(),
        "ssl.keystore.type",
        "PKCS12",
        "ssl.keystore.location",
        authority.folder().resolve(user + ".p12").toString(),
        "ssl.keystore.password",
        TestAuthority.PASSWORD);
  }

  @Override
  public void close() {
    admin.close();
    broker.close();
  }
}
