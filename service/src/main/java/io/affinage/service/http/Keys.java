package io.affinage.service.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The keys in force. The file is read again when its text changes; one that cannot be read then is
 * told and counted, and the keys before it stay in force: a slip of the pen neither opens the
 * service nor locks everyone out.
 */
@ApplicationScoped
class Keys {
  private static final Logger LOG = Logger.getLogger(Keys.class);
  private static final long MOST_BYTES = 1 << 20;

  private final Optional<Path> file;
  private final long reloadMillis;
  private final boolean oidc;
  private final Vertx vertx;
  private final Counter failedReloads;
  private volatile KeyRing ring = new KeyRing(List.of());
  private volatile String text = "";
  private volatile String told = "";

  Keys(
      HttpConfig config,
      @ConfigProperty(name = "quarkus.oidc.tenant-enabled", defaultValue = "false") boolean oidc,
      Vertx vertx,
      MeterRegistry metrics) {
    this.file = config.keysFile();
    this.reloadMillis = Math.max(100, config.keysReload().toMillis());
    this.oidc = oidc;
    this.vertx = vertx;
    this.failedReloads =
        Counter.builder("affinage.http.keys.unreadable")
            .description("times that the file of keys had changed and could not be used")
            .register(metrics);
  }

  /** Before anything listens. */
  void load(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent start) {
    file.ifPresent(
        path -> {
          String content = read(path);
          ring = KeyRing.parse(path.toString(), content);
          text = content;
          warnOfReaders(path);
          LOG.infof("%d keys in force from %s", ring.keys().size(), path);
          vertx.setPeriodic(
              reloadMillis,
              id ->
                  vertx.executeBlocking(
                      () -> {
                        reload(path);
                        return null;
                      }));
        });
  }

  private static void warnOfReaders(Path path) {
    try {
      if (Files.getFileStore(path).supportsFileAttributeView("posix")
          && Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ)) {
        LOG.warnf("Every user of this machine can read the keys in %s: chmod o-r", path);
      }
    } catch (IOException e) {
      LOG.debugf("The permissions of %s are not known: %s", path, e.getMessage());
    }
  }

  private void reload(Path path) {
    String content = "";
    try {
      content = read(path);
      if (content.equals(text)) {
        told = "";
        return;
      }
      ring = KeyRing.parse(path.toString(), content);
      text = content;
      told = "";
      LOG.infof("%s has changed: %d keys in force", path, ring.keys().size());
    } catch (KeyFileException e) {
      if (!told.equals(e.getMessage() + content.hashCode())) {
        told = e.getMessage() + content.hashCode();
        failedReloads.increment();
        LOG.errorf("%s: %s The keys before it stay in force.", e.code(), e.getMessage());
      }
    }
  }

  private static String read(Path path) {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new KeyFileException("keys_unreadable", path + " is larger than a megabyte.");
      }
      return Files.readString(path);
    } catch (CharacterCodingException e) {
      throw new KeyFileException("keys_unreadable", path + " is not UTF-8.");
    } catch (IOException e) {
      throw new KeyFileException("keys_unreadable", "The file of keys cannot be read: " + e + ".");
    }
  }

  /** Whether callers must say who they are. */
  boolean required() {
    return file.isPresent() || oidc;
  }

  /** Whether tokens that are no key of ours are for the OIDC provider to judge. */
  boolean oidc() {
    return oidc;
  }

  Optional<ApiKey> find(String key) {
    return ring.find(key);
  }
}
