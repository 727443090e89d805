package io.affinage.events.objective;

import io.affinage.events.RewardSpec;
import org.jspecify.annotations.Nullable;

/** An objective that learns from answers which the model samples while it is trained. */
public sealed interface SampledObjective permits GrpoSpec, RlooSpec {

  /** How answers are scored; must be given. */
  @Nullable RewardSpec reward();

  /** Answers to each prompt. */
  @Nullable Integer numGenerations();

  /** Longest answer, tokens. */
  @Nullable Integer maxCompletionLength();

  /** Optimizer steps that learn from the same answers. */
  @Nullable Integer numIterations();
}
