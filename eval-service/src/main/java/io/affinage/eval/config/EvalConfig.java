package io.affinage.eval.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** The eval service's settings. */
@ConfigMapping(prefix = "affinage.eval")
public interface EvalConfig {

  /**
   * Silence after which other workers take an evaluation over; a sign of life goes out in a third.
   */
  @WithDefault("15s")
  Duration lease();

  /** At most one progress event per evaluation in this time. */
  @WithDefault("1s")
  Duration progressEvery();

  /** Workers that may fall silent over one evaluation before it fails. */
  @WithDefault("3")
  int maxAttempts();

  /** Attempts that workers may give back, for they could not do them, before it fails. */
  @WithDefault("3")
  int maxGivenBack();

  /**
   * How long a worker takes no evaluation after a fault of its own (device, memory, disk); doubles
   * with each fault in a row, up to a minute.
   */
  @WithDefault("5s")
  Duration faultPause();

  /** Silence of the reward service after which it is asked again. */
  @WithDefault("20s")
  Duration scoreRepeat();

  /** How long scores are waited for before the evaluation fails. */
  @WithDefault("10m")
  Duration scoreTimeout();

  /** How often the artifact store is tried again before an evaluation fails. */
  @WithDefault("10")
  int storeRetries();

  /** The pause before the first of them; it doubles each time, up to 15 s. */
  @WithDefault("500ms")
  Duration storeRetryPause();

  /**
   * How long models that an evaluation names may take to be heard of before it fails; it waits in
   * the queue.
   */
  @WithDefault("60s")
  Duration modelWait();

  /** How long a stop waits for the running evaluation to let go. */
  @WithDefault("30s")
  Duration shutdownGrace();

  /** Names this process in the log; by default host, process id and a random part. */
  Optional<String> workerId();

  /** Full models kept in memory. */
  @WithDefault("2")
  int modelsInMemory();

  /** Questions that may wait for a model while it answers one. */
  @WithDefault("8")
  int queue();

  /** Longest answer in tokens where a chat request names none. */
  @WithDefault("512")
  int maxTokens();

  /** Where models compute: {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:N}. */
  @WithDefault("auto")
  String device();

  /**
   * What models compute in: {@code float32}, {@code bfloat16}, or {@code auto} for what is faster
   * here. The default gives the same scores on every machine.
   */
  @WithDefault("float32")
  String dtype();

  /**
   * In which form models are kept: {@code plain}; {@code packed} for the CPU, faster and the same
   * up to rounding; {@code four-bit} for files in Q4_0 or Q4_1, with dtype {@code bfloat16}.
   */
  @WithDefault("plain")
  String weights();
}
