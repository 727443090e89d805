package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.RewardSpec;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Group relative policy optimisation (Shao et al. 2024): several answers to a prompt are sampled
 * and scored, and what an answer is better than its group is learned.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrpoSpec(
    @Setting("how answers are scored; must be given") @Nullable RewardSpec reward,
    @Setting(value = "answers to each prompt", otherwise = "8", from = 2, to = 256)
        @Nullable Integer numGenerations,
    @Setting(value = "longest answer, tokens", otherwise = "256", from = 1, to = 1e6)
        @Nullable Integer maxCompletionLength,
    @Setting(
            value = "optimizer steps that learn from the same answers",
            otherwise = "1",
            from = 1,
            to = 64)
        @Nullable Integer numIterations,
    @Setting(
            value = "weight of the divergence from the model that the stage starts from",
            otherwise = "0.0",
            from = 0,
            to = 1000)
        @Nullable Double beta,
    @Setting(
            value = "how far below 1 a ratio of probabilities counts",
            otherwise = "0.2",
            from = 1e-6,
            to = 0.999)
        @Nullable Double epsilon,
    @Setting(
            value = "how far above 1 a ratio of probabilities counts; absent for epsilon",
            from = 1e-6,
            to = 100)
        @Nullable Double epsilonHigh,
    @Setting(
            value = "what the sum over tokens is divided by",
            otherwise = "\"dapo\"",
            words = {"grpo", "bnpo", "dr_grpo", "dapo"})
        @Nullable String lossType,
    @Setting(
            value = "whose probabilities a ratio is of: a token's or an answer's",
            otherwise = "\"token\"",
            words = {"token", "sequence"})
        @Nullable String importanceSamplingLevel,
    @Setting(
            value = "whose standard deviation advantages are divided by",
            otherwise = "\"group\"",
            words = {"group", "batch", "none"})
        @Nullable String scaleRewards,
    @Setting(
            value = "whether the divergence is weighted by the ratio of probabilities",
            otherwise = "true")
        @Nullable Boolean useBiasCorrectionKl,
    @Setting(value = "temperature of sampling", otherwise = "1.0", from = 1e-3, to = 100)
        @Nullable Double temperature,
    @Setting(
            value = "whether answers that were cut at the longest are left out",
            otherwise = "false")
        @Nullable Boolean maskTruncatedCompletions)
    implements ObjectiveSpec, SampledObjective {

  @Override
  public @Nullable String comparing() {
    return beta > 0 ? "beta" : null;
  }
}
