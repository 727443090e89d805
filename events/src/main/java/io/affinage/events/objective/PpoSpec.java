package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.RewardSpec;
import io.affinage.events.Setting;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Proximal policy optimisation (Schulman et al. 2017; of language models Ziegler et al. 2019):
 * answers are sampled and scored, a head of values learns what each token leads to, and what a
 * token was better than that is learned by a clipped loss. A batch's prompts are answered at a
 * time, and learned from in numPpoEpochs passes of numMiniBatches optimizer steps each.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PpoSpec(
    @Setting("how answers are scored; must be given") @Nullable RewardSpec reward,
    @Setting(value = "answers to each prompt", otherwise = "1", from = 1, to = 256)
        @Nullable Integer numGenerations,
    @Setting(value = "longest answer, tokens", otherwise = "53", from = 1, to = 1e6)
        @Nullable Integer maxCompletionLength,
    @Setting(value = "temperature of sampling", otherwise = "0.7", from = 1e-3, to = 100)
        @Nullable Double temperature,
    @Setting(value = "how often each answer is learned from", otherwise = "4", from = 1, to = 64)
        @Nullable Integer numPpoEpochs,
    @Setting(
            value =
                "parts of a batch's prompts, of which each is an optimizer step; at most batchSize",
            otherwise = "1",
            from = 1,
            to = 1024)
        @Nullable Integer numMiniBatches,
    @Setting(
            value = "what it costs to leave the model that the stage starts from",
            otherwise = "0.05",
            from = 0,
            to = 1000)
        @Nullable Double klCoef,
    @Setting(
            value = "estimator of the divergence from that model",
            otherwise = "\"k1\"",
            words = {"k1", "k2", "k3"})
        @Nullable String klEstimator,
    @Setting(
            value = "whether the divergence is a part of the reward or of the loss",
            otherwise = "\"reward\"",
            words = {"reward", "loss"})
        @Nullable String klIn,
    @Setting(
            value =
                "divergence of an answer, nats, that klCoef is adapted to; absent for a klCoef that stays",
            from = 1e-6,
            to = 1e6)
        @Nullable Double target,
    @Setting(
            value = "answers over which klCoef is adapted",
            otherwise = "10000.0",
            from = 1,
            to = 1e9)
        @Nullable Double horizon,
    @Setting(
            value = "how far from 1 a ratio of probabilities counts",
            otherwise = "0.2",
            from = 1e-6,
            to = 0.999)
        @Nullable Double cliprange,
    @Setting(
            value = "how far from a value as it was one counts",
            otherwise = "0.2",
            from = 1e-6,
            to = 1e6)
        @Nullable Double cliprangeValue,
    @Setting(value = "weight of the loss of values", otherwise = "0.1", from = 0, to = 1000)
        @Nullable Double vfCoef,
    @Setting(value = "what a reward one token later counts", otherwise = "1.0", from = 0, to = 1)
        @Nullable Double gamma,
    @Setting(
            value = "advantages by the next value alone (0), or by all that follows (1)",
            otherwise = "0.95",
            from = 0,
            to = 1)
        @Nullable Double lam,
    @Setting(
            value = "whether rewards of tokens are brought to deviation 1, their mean kept",
            otherwise = "false")
        @Nullable Boolean whitenRewards,
    @Setting(
            value = "what an answer's score loses if it has no end of its own; absent for nothing",
            from = 0,
            to = 1e6)
        @Nullable Double missingEosPenalty,
    @Setting(
            value =
                "whether values are read from the policy's hidden numbers, or by an adapter of their own on the same base",
            otherwise = "\"policy\"",
            words = {"policy", "own"})
        @Nullable String valueTrunk)
    implements ObjectiveSpec, SampledObjective {

  @Override
  public @Nullable Integer numIterations() {
    return numPpoEpochs == null || numMiniBatches == null ? null : numPpoEpochs * numMiniBatches;
  }

  @Override
  public @Nullable String comparing() {
    return klCoef > 0 ? "klCoef" : null;
  }

  @Override
  public Map<String, String> conflicts(int batchSize) {
    Map<String, String> found = new TreeMap<>();
    if (numMiniBatches > batchSize) {
      found.put(
          "numMiniBatches",
          "is %d, more than the %d prompts of a batch (batchSize)"
              .formatted(numMiniBatches, batchSize));
    }
    if (target != null && klIn.equals("loss")) {
      found.put(
          "target", "adapts the cost of the divergence as a part of the reward, not of the loss");
    }
    if (target != null && klCoef == 0) {
      found.put("target", "adapts klCoef, which is 0 and stays so");
    }
    return found;
  }
}
