package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Group relative policy optimisation (Shao et al. 2024) and its kin: the clipped surrogate over the
 * tokens of sampled answers, with an estimate of the divergence from the reference (k3) beside it.
 * The advantage of an answer is what it is better than its group; it is a signal, which the batch
 * brings.
 *
 * @param lossType what the sum over tokens is divided by
 * @param importanceSamplingLevel whether the ratio is a token's, or the geometric mean of an
 *     answer's (GSPO, Zheng et al. 2025)
 * @param epsilon how far below 1 a ratio counts
 * @param epsilonHigh how far above 1 a ratio counts (DAPO, Yu et al. 2025, has it larger)
 * @param beta weight of the divergence; 0 for none, and no reference is needed then
 * @param useBiasCorrectionKl whether the divergence is weighted by the ratio, as it is of samples
 *     of the model that sampled
 * @param maxCompletionLength what {@code dr_grpo} divides an answer by, tokens
 */
public record Grpo(
    LossType lossType,
    Level importanceSamplingLevel,
    double epsilon,
    double epsilonHigh,
    double beta,
    boolean useBiasCorrectionKl,
    int maxCompletionLength)
    implements Objective {

  /** What the sum over tokens is divided by. */
  public enum LossType {
    /** The answer's tokens, and then the answers: every answer counts as one. */
    @JsonProperty("grpo")
    GRPO,
    /** The step's tokens. */
    @JsonProperty("bnpo")
    BNPO,
    /** Answers times the longest possible one: long answers are not favoured (Liu et al. 2025). */
    @JsonProperty("dr_grpo")
    DR_GRPO,
    /** The step's tokens: every token counts as one. */
    @JsonProperty("dapo")
    DAPO
  }

  /** What a ratio is of. */
  public enum Level {
    @JsonProperty("token")
    TOKEN,
    @JsonProperty("sequence")
    SEQUENCE
  }

  public Grpo {
    require(epsilon > 0 && epsilon < 1, "epsilon", "in (0, 1)", epsilon);
    require(epsilonHigh > 0 && Double.isFinite(epsilonHigh), "epsilonHigh", "above 0", epsilonHigh);
    require(beta >= 0 && Double.isFinite(beta), "beta", "0 or above", beta);
    require(maxCompletionLength >= 1, "maxCompletionLength", "1 or more", maxCompletionLength);
  }

  @Override
  public String id() {
    return "grpo";
  }

  @Override
  public Set<Signal> needs() {
    Set<Signal> needs = EnumSet.of(Signal.OLD_LOGP, Signal.ADVANTAGE, Signal.ENTROPY);
    if (beta > 0) {
      needs.add(Signal.REFERENCE_LOGP);
    }
    return needs;
  }

  @Override
  public void requireFit(Group group) {
    if (group.members().size() < 2) {
      throw new LlmException(
          "group_does_not_fit",
          "%s is a group of one, whose advantage is always 0: sample two answers or more to each prompt"
              .formatted(group.id()));
    }
  }

  @Override
  public Loss of(ScoredBatch batch) {
    Loss.Sum sum = new Loss.Sum();
    for (ScoredGroup group : batch.groups()) {
      double loss = 0;
      List<double[]> derivatives = new ArrayList<>();
      Map<String, Double> metrics = new HashMap<>();
      for (ScoredSequence member : group.members()) {
        double[] derivative = new double[member.targets()];
        loss += add(member, weight(member, batch.step()), batch.step(), derivative, metrics);
        derivatives.add(derivative);
      }
      sum.add(loss, derivatives, metrics);
    }
    return sum.loss();
  }

  /** What a token's loss counts in the step's. */
  private double weight(ScoredSequence member, ScoredBatch.Size step) {
    return switch (lossType) {
      case GRPO -> 1.0 / Math.max(1, member.targets()) / step.sequences();
      case BNPO, DAPO -> 1.0 / Math.max(1, step.targets());
      case DR_GRPO -> 1.0 / ((double) step.sequences() * maxCompletionLength);
    };
  }

  private double add(
      ScoredSequence member,
      double weight,
      ScoredBatch.Size step,
      double[] derivative,
      Map<String, Double> metrics) {
    int targets = member.targets();
    float[] logp = member.logp();
    float[] old = member.signal(Signal.OLD_LOGP);
    float[] advantage = member.signal(Signal.ADVANTAGE);
    boolean bySequence = importanceSamplingLevel == Level.SEQUENCE;
    double meanLogRatio = 0;
    for (int t = 0; t < targets; t++) {
      meanLogRatio += ((double) logp[t] - old[t]) / targets;
    }
    double loss = 0;
    double ofMean = 0;
    double low = 0;
    double high = 0;
    double divergence = 0;
    for (int t = 0; t < targets; t++) {
      double logRatio = bySequence ? meanLogRatio : (double) logp[t] - old[t];
      ClippedSurrogate surrogate =
          ClippedSurrogate.of(logRatio, advantage[t], epsilon, epsilonHigh);
      loss += weight * surrogate.value();
      double byLogRatio = weight * surrogate.byLogRatio();
      low += surrogate.low() ? 1 : 0;
      high += surrogate.high() ? 1 : 0;
      if (beta > 0) {
        double d = (double) member.signal(Signal.REFERENCE_LOGP)[t] - logp[t];
        double correction = useBiasCorrectionKl ? Math.exp(logRatio) : 1;
        double kl = times(Math.expm1(d) - d, correction);
        loss += weight * beta * kl;
        derivative[t] -= weight * beta * times(Math.expm1(d), correction);
        byLogRatio += useBiasCorrectionKl ? weight * beta * kl : 0;
        divergence += kl;
      }
      if (bySequence) {
        ofMean += byLogRatio;
      } else {
        derivative[t] += byLogRatio;
      }
    }
    if (bySequence) {
      for (int t = 0; t < targets; t++) {
        derivative[t] += ofMean / targets;
      }
    }
    // A ratio of a whole answer is clipped or not for all of its tokens at once.
    double ratios = bySequence ? (double) step.sequences() * targets : step.targets();
    Loss.tell(metrics, "clip_ratio/low_mean", low / ratios);
    Loss.tell(metrics, "clip_ratio/high_mean", high / ratios);
    Loss.tell(metrics, "clip_ratio/region_mean", (low + high) / ratios);
    if (targets > 0) {
      Loss.tell(metrics, "clip_ratio/low_min", low / targets);
      Loss.tell(metrics, "clip_ratio/high_max", high / targets);
    }
    member.meanEntropy(step).ifPresent(share -> Loss.tell(metrics, "entropy", share));
    if (beta > 0) {
      Loss.tell(metrics, "kl", divergence / step.targets());
    }
    return loss;
  }

  /** A ratio that overflows corrects nothing where there is nothing. */
  private static double times(double value, double correction) {
    return value == 0 ? 0 : value * correction;
  }
}
