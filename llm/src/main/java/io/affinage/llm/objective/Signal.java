package io.affinage.llm.objective;

/**
 * What an objective may ask for beside the log-probabilities of the model that is trained. The
 * place of every number that belongs to a target: log-probabilities of the model that sampled an
 * answer, values, entropy, a teacher's log-probabilities.
 */
public enum Signal {
  /** By how much the chosen answer of a pair is better, of a score; not every pair has one. */
  MARGIN,
  /** Log-probability of each target under the stage's starting model, which stays as it was. */
  REFERENCE_LOGP,
  /** Log-probability of each target under the model that sampled the answer, as it was then. */
  OLD_LOGP,
  /** How much better than expected the answer was, or the target in it. */
  ADVANTAGE,
  /**
   * What the head of values gives for the state before each target, under the model that is
   * trained.
   */
  VALUE,
  /** The same under the model that sampled the answer, as it was then. */
  OLD_VALUE,
  /** What the value before each target is to become. */
  RETURN,
  /**
   * Entropy of the distribution that each target is drawn from, under the model that is trained,
   * nats.
   */
  ENTROPY
}
