package io.affinage.reward.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

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

  /** Where reward models compute: {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:N}. */
  @WithDefault("auto")
  String device();

  /**
   * What reward models compute in: {@code float32}, {@code bfloat16}, or {@code auto} for what is
   * faster here. The default gives the same scores on every machine, up to rounding.
   */
  @WithDefault("float32")
  String dtype();

  /** Base models, and reward models without one, kept in memory; those used longest ago go. */
  @WithDefault("2")
  int modelsInMemory();

  /** Reward models kept in memory on each base. */
  @WithDefault("8")
  int adaptersInMemory();

  /** How long a request waits for a reward model that is not registered yet. */
  @WithDefault("30s")
  Duration modelPatience();

  /** Tokens that are computed for one reward model before another's turn comes. */
  @WithDefault("4096")
  int batchTokens();

  /** Most characters of texts that wait for reward models; beyond, requests wait on their topic. */
  @WithDefault("32M")
  MemorySize learnedBytes();

  /** Scores of reward models that are remembered. */
  @WithDefault("100000")
  int learnedScores();
}
