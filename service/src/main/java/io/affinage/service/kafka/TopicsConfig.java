package io.affinage.service.kafka;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How topics that do not exist yet are created. */
@ConfigMapping(prefix = "affinage.topics")
public interface TopicsConfig {

  /** Partitions of each topic; dead-letter topics get one. */
  @WithDefault("6")
  int partitions();

  /** Copies of each topic. */
  @WithDefault("1")
  int replication();
}
