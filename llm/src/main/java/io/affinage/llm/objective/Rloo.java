package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * REINFORCE with a leave-one-out baseline (Ahmadian et al. 2024): the clipped surrogate of whole
 * answers, whose ratio is the product of their tokens'. The divergence from the reference is part
 * of the reward, so of the advantage, which the batch brings.
 *
 * @param epsilon how far below 1 a ratio counts
 * @param epsilonHigh how far above 1 a ratio counts
 */
public record Rloo(double epsilon, double epsilonHigh) implements Objective {
  public Rloo {
    require(epsilon > 0 && epsilon < 1, "epsilon", "in (0, 1)", epsilon);
    require(epsilonHigh > 0 && Double.isFinite(epsilonHigh), "epsilonHigh", "above 0", epsilonHigh);
  }

  @Override
  public String id() {
    return "rloo";
  }

  @Override
  public Set<Signal> needs() {
    return EnumSet.of(Signal.OLD_LOGP, Signal.ADVANTAGE, Signal.ENTROPY);
  }

  @Override
  public void requireFit(Group group) {
    if (group.members().size() < 2) {
      throw new LlmException(
          "group_does_not_fit",
          "%s is a group of one, which leaves no other answer for a baseline: sample two answers or more to each prompt"
              .formatted(group.id()));
    }
  }

  @Override
  public Loss of(ScoredBatch batch) {
    double sequences = batch.step().sequences();
    Loss.Sum sum = new Loss.Sum();
    for (ScoredGroup group : batch.groups()) {
      double loss = 0;
      List<double[]> derivatives = new ArrayList<>();
      Map<String, Double> metrics = new HashMap<>();
      for (ScoredSequence member : group.members()) {
        double[] derivative = new double[member.targets()];
        derivatives.add(derivative);
        if (member.targets() == 0) {
          continue;
        }
        ClippedSurrogate surrogate =
            ClippedSurrogate.of(
                member.logpSum() - member.sum(Signal.OLD_LOGP),
                member.signal(Signal.ADVANTAGE)[0],
                epsilon,
                epsilonHigh);
        loss += surrogate.value() / sequences;
        Arrays.fill(derivative, surrogate.byLogRatio() / sequences);
        member.meanEntropy(batch.step()).ifPresent(share -> Loss.tell(metrics, "entropy", share));
        double low = surrogate.low() ? 1 : 0;
        double high = surrogate.high() ? 1 : 0;
        Loss.tell(metrics, "clip_ratio/low_mean", low / sequences);
        Loss.tell(metrics, "clip_ratio/low_min", low);
        Loss.tell(metrics, "clip_ratio/high_mean", high / sequences);
        Loss.tell(metrics, "clip_ratio/high_max", high);
        Loss.tell(metrics, "clip_ratio/region_mean", (low + high) / sequences);
      }
      sum.add(loss, derivatives, metrics);
    }
    return sum.loss();
  }
}
