package io.affinage.service.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Who may ask over HTTP, and how much one client can hold. */
@ConfigMapping(prefix = "affinage.http")
public interface HttpConfig {

  /**
   * The keys, one a line as {@code NAME ROLES KEY}. Read again when it changes. Without keys and
   * without OIDC a service listens on a loopback address only.
   */
  Optional<Path> keysFile();

  /** How often the file of keys is looked at. */
  @WithDefault("5s")
  Duration keysReload();

  /** Lets a service without keys listen where others reach it: whoever reaches it may do all. */
  @WithDefault("false")
  boolean allowUnauthenticated();

  /**
   * Names under which clients reach the service, beside those of the loopback address and the
   * address itself. Others are refused: a page whose name leads here must not use the service.
   */
  Optional<List<String>> allowedHosts();

  /** Whether {@code /q/metrics} needs a key with the role read; health never needs one. */
  @WithDefault("false")
  boolean metricsNeedKey();

  /** Largest body that is no upload. */
  @WithDefault("4M")
  MemorySize maxBody();

  /**
   * A body that arrives, or an answer that is read, slower than a kilobyte in this time ends its
   * request.
   */
  @WithDefault("20s")
  Duration stall();

  /** How long a new connection may take to send its first request's head. */
  @WithDefault("20s")
  Duration firstRequest();

  /** How long a connection is kept between two requests. */
  @WithDefault("75s")
  Duration keepAlive();
}
