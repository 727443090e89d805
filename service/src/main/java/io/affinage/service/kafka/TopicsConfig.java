package io.affinage.service.kafka;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How topics that do not exist are created. */
@ConfigMapping(prefix = "affinage.topics")
public interface TopicsConfig {

  /** Partitions of each topic; dead-letter topics get one. */
  @WithDefault("6")
  int partitions();

  /** Copies of each topic. */
  @WithDefault("1")
  int replication();

  /** How often is looked whether they are still there. */
  @WithDefault("15s")
  Duration checkEvery();
}
