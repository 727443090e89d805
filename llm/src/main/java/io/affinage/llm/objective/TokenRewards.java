package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * What each token of an answer earns: the answer's score at its last token, and at every token what
 * it costs to leave the reference (Ziegler et al. 2019).
 *
 * @param estimator of the divergence
 * @param missingEosPenalty what a score loses whose answer was cut at its longest; 0 for nothing
 */
public record TokenRewards(KlEstimator estimator, double missingEosPenalty) {
  public TokenRewards {
    require(
        missingEosPenalty >= 0 && Double.isFinite(missingEosPenalty),
        "missingEosPenalty",
        "0 or more",
        missingEosPenalty);
  }

  /** The score of an answer with the penalty for having no end. */
  public double score(double score, boolean ended) {
    return ended ? score : score - missingEosPenalty;
  }

  /**
   * The divergence at each token.
   *
   * @param logp under the model that sampled, nats, [tokens]
   * @param reference under the reference, nats, [tokens]
   */
  public double[] divergence(float[] logp, float[] reference) {
    if (logp.length != reference.length) {
      throw new IllegalArgumentException(
          "%d log-probabilities of the reference for %d tokens"
              .formatted(reference.length, logp.length));
    }
    double[] found = new double[logp.length];
    for (int t = 0; t < found.length; t++) {
      found[t] = estimator.of((double) logp[t] - reference[t]);
    }
    return found;
  }

  /**
   * The reward of each token: -coefficient divergence, and at the last the score.
   *
   * @param score with the penalty
   * @param divergence [tokens]
   */
  public static double[] of(double score, double[] divergence, double coefficient) {
    double[] rewards = new double[divergence.length];
    for (int t = 0; t < rewards.length; t++) {
      rewards[t] = coefficient == 0 ? 0 : -coefficient * divergence[t];
    }
    rewards[rewards.length - 1] += score;
    return rewards;
  }
}
