package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.data.Group;
import java.util.Set;

/**
 * Identity preference optimisation (Azar et al. 2023, equation 17): the square of how far the
 * difference of the two answers' ratios is from 1 / (2 beta), so that a pair is learned to a margin
 * and not beyond it. A ratio is the mean over the tokens that are scored, so that beta means the
 * same whatever the lengths.
 *
 * @param beta how much it costs to leave the reference; the paper's tau
 */
public record Ipo(double beta) implements Objective {
  public Ipo {
    require(beta > 0 && Double.isFinite(beta), "beta", "above 0", beta);
  }

  @Override
  public String id() {
    return "ipo";
  }

  @Override
  public Set<Signal> needs() {
    return Set.of(Signal.REFERENCE_LOGP);
  }

  @Override
  public void requireFit(Group group) {
    Preference.requireFit(group);
  }

  @Override
  public Loss of(ScoredBatch batch) {
    int pairs = batch.step().groups();
    Loss.Sum sum = new Loss.Sum();
    for (ScoredGroup group : batch.groups()) {
      Preference pair = Preference.of(group);
      int chosen = pair.chosen().targets();
      int rejected = pair.rejected().targets();
      double distance =
          pair.chosenRatio() / chosen - pair.rejectedRatio() / rejected - 1 / (2 * beta);
      double slope = 2 * distance / pairs;
      sum.add(
          distance * distance / pairs,
          pair.derivatives(slope / chosen, -slope / rejected),
          pair.metrics(beta, pairs));
    }
    return sum.loss();
  }
}
