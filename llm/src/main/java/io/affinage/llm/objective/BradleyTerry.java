package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.data.Group;
import java.util.Map;
import java.util.Set;

/**
 * What a reward model learns (Bradley and Terry 1952; Ouyang et al. 2022): -log sigmoid(score of
 * the chosen answer - score of the rejected one - margin), the margin saying how much better the
 * chosen one is where that is known (Touvron et al. 2023, Llama 2). Only differences of scores are
 * learned by it; centering adds a multiple of the square of their sum, which keeps them around 0
 * (Eisenstein et al. 2023).
 *
 * @param centering the multiple; 0 for none
 */
public record BradleyTerry(double centering) implements Objective {
  public BradleyTerry {
    require(centering >= 0 && Double.isFinite(centering), "centering", "0 or more", centering);
  }

  @Override
  public String id() {
    return "bradley_terry";
  }

  @Override
  public boolean readsScores() {
    return true;
  }

  /** A margin where the pair has one. */
  @Override
  public Set<Signal> needs() {
    return Set.of(Signal.MARGIN);
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
      double chosen = pair.chosen().score();
      double rejected = pair.rejected().score();
      double together = chosen + rejected;
      double logit = chosen - rejected - margin(pair);
      double loss = -Logistic.logSigmoid(logit) + centering * together * together;
      // d log sigmoid(x) / dx = sigmoid(-x)
      double apart = -Logistic.sigmoid(-logit);
      double shift = 2 * centering * together;
      sum.add(
          loss / pairs,
          pair.derivatives((shift + apart) / pairs, (shift - apart) / pairs),
          Map.of(
              "mean_reward", (chosen + rejected) / 2 / pairs,
              "min_reward", Math.min(chosen, rejected),
              "max_reward", Math.max(chosen, rejected),
              "rewards/chosen", chosen / pairs,
              "rewards/rejected", rejected / pairs,
              "rewards/margins", (chosen - rejected) / pairs,
              "rewards/accuracies", chosen > rejected ? 1.0 / pairs : 0.0));
    }
    return sum.loss();
  }

  private static double margin(Preference pair) {
    float[] margin = pair.chosen().signals().get(Signal.MARGIN);
    return margin == null ? 0 : margin[0];
  }
}
