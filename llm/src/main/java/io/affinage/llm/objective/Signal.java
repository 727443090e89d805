package io.affinage.llm.objective;

/**
 * What an objective may ask for beside the log-probabilities of the model that is trained. The
 * place of every number that belongs to a target: log-probabilities of the model that sampled an
 * answer, rewards, values, entropy, a teacher's log-probabilities.
 */
public enum Signal {
  /** By how much the chosen answer of a pair is better, of a score; not every pair has one. */
  MARGIN,
  /** Log-probability of each target under the stage's starting model, which stays as it was. */
  REFERENCE_LOGP,
  /** Log-probability of each target under the model that sampled the answer, as it was then. */
  OLD_LOGP,
  /** How much better than expected the answer was, or the target in it. */
  ADVANTAGE
}
