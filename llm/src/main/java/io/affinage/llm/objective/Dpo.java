package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.data.Group;
import java.util.Set;

/**
 * Direct preference optimisation (Rafailov et al. 2023): -log sigmoid(beta (ratio of the chosen
 * answer - ratio of the rejected one)), a ratio being log p - log p of the reference. With label
 * smoothing a share of the pairs is taken to be the wrong way round (conservative DPO, Mitchell
 * 2023).
 *
 * @param beta how much it costs to leave the reference
 * @param labelSmoothing share of the pairs whose answers may be confused, in [0, 0.5)
 */
public record Dpo(double beta, double labelSmoothing) implements Objective {
  public Dpo {
    require(beta > 0 && Double.isFinite(beta), "beta", "above 0", beta);
    require(
        labelSmoothing >= 0 && labelSmoothing < 0.5,
        "labelSmoothing",
        "in [0, 0.5)",
        labelSmoothing);
  }

  @Override
  public String id() {
    return "dpo";
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
      double logit = beta * (pair.chosenRatio() - pair.rejectedRatio());
      double loss =
          -(1 - labelSmoothing) * Logistic.logSigmoid(logit)
              - labelSmoothing * Logistic.logSigmoid(-logit);
      // d log sigmoid(x) / dx = sigmoid(-x)
      double slope =
          beta
              * (labelSmoothing * Logistic.sigmoid(logit)
                  - (1 - labelSmoothing) * Logistic.sigmoid(-logit))
              / pairs;
      sum.add(loss / pairs, pair.derivatives(slope, -slope), pair.metrics(beta, pairs));
    }
    return sum.loss();
  }
}
