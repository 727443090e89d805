package io.affinage.llm.rollout;

import io.affinage.llm.generation.GeneratedTokens;

/**
 * An answer with its score.
 *
 * @param score not a number where it could not be scored
 */
public record ScoredRollout(Rollout rollout, double score) {
  boolean isScored() {
    return !Double.isNaN(score);
  }

  /** Whether it came to an end of its own, not at the longest answer. */
  boolean ended() {
    return rollout.answer().finish() == GeneratedTokens.Finish.STOP;
  }

  int tokens() {
    return rollout.answer().ids().length;
  }

  /** Log-probabilities by which it was sampled, nats, [tokens]. */
  float[] logp() {
    double[] logp = rollout.answer().logProbabilities();
    float[] found = new float[logp.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = (float) logp[i];
    }
    return found;
  }
}
