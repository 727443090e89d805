package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.RewardSpec;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * REINFORCE with a leave-one-out baseline (Ahmadian et al. 2024): what an answer is better than the
 * other answers to its prompt is learned.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RlooSpec(
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
            value =
                "weight of the divergence from the model that the stage starts from, a part of the reward",
            otherwise = "0.05",
            from = 0,
            to = 1000)
        @Nullable Double beta,
    @Setting(
            value = "whether advantages are brought to mean 0 and deviation 1 over a batch",
            otherwise = "false")
        @Nullable Boolean normalizeAdvantages,
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
