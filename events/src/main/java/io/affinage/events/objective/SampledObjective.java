package io.affinage.events.objective;

import io.affinage.events.RewardSpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An objective that learns from answers which the model samples while it is trained. */
public sealed interface SampledObjective permits GrpoSpec, PpoSpec, RlooSpec {

  /** How answers are scored; must be given. */
  @Nullable RewardSpec reward();

  /** Answers to each prompt. */
  @Nullable Integer numGenerations();

  /** Longest answer, tokens. */
  @Nullable Integer maxCompletionLength();

  /** Optimizer steps that learn from the same answers. */
  @Nullable Integer numIterations();

  /** Temperature of sampling. */
  @Nullable Double temperature();

  /**
   * The setting that weighs the divergence from the model that the stage starts from, which has to
   * be kept for it; null where it is 0. Asked once all are given.
   */
  @Nullable String comparing();

  /**
   * Settings that contradict each other or the batch, with the reason; asked once all are given.
   *
   * @param batchSize prompts that are answered at a time
   */
  default Map<String, String> conflicts(int batchSize) {
    return Map.of();
  }
}
