package io.affinage.reward.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of the reward service. */
@ConfigMapping(prefix = "affinage.reward")
public interface RewardConfig {

  /** Most items of one request. */
  @WithDefault("1000")
  int maxItems();

  /** Requests that are scored at the same time: of the topic so many, and by HTTP so many. */
  @WithDefault("2")
  int concurrency();

  /** Most bytes of questions to external rewards that wait for their answers. */
  @WithDefault("32M")
  MemorySize externalBytes();

  /** Scores of external rewards that are remembered, so that nobody is asked twice. */
  @WithDefault("500000")
  int externalScores();
}
