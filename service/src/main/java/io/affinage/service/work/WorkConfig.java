package io.affinage.service.work;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How short work is done. */
@ConfigMapping(prefix = "affinage.work")
public interface WorkConfig {

  /**
   * A name that this process has alone among those of its service, and that it keeps when it is
   * started again: then what it left unfinished ends at once. Random when absent.
   */
  Optional<String> instance();

  /**
   * Longest time that a transaction stays open. When a process dies in one, readers see nothing
   * newer until then.
   */
  @WithDefault("5s")
  Duration transactionTimeout();

  /** How often a record is tried whose work fails. */
  @WithDefault("3")
  int tries();

  /** How often a record is begun by a process that dies in it. */
  @WithDefault("5")
  int deaths();

  /** Before a second try; doubles each time, up to half a minute. */
  @WithDefault("500ms")
  Duration pause();
}
