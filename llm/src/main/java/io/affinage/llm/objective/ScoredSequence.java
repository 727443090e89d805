package io.affinage.llm.objective;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * One sequence as an objective sees it. The arrays are shared with the caller and are not to be
 * written.
 *
 * @param logp log-probability of each target token under the model that is trained, nats,
 *     [targets]; the score [1] for an objective that reads scores
 * @param signals what the objective asked for, each [targets]
 */
public record ScoredSequence(float[] logp, Map<Signal, float[]> signals) {

  /**
   * @throws IllegalArgumentException where a signal is of another length than the targets: sums
   *     over them would silently be of different tokens
   */
  public ScoredSequence {
    signals = Map.copyOf(signals);
    for (Map.Entry<Signal, float[]> signal : signals.entrySet()) {
      if (signal.getValue().length != logp.length) {
        throw new IllegalArgumentException(
            "%s has %d values for %d targets"
                .formatted(signal.getKey(), signal.getValue().length, logp.length));
      }
    }
  }

  /** Tokens that are scored: what averages over the sequence divide by. */
  public int targets() {
    return logp.length;
  }

  /**
   * The score that the head gives.
   *
   * @throws IllegalArgumentException where there are log-probabilities of several targets
   */
  public double score() {
    if (logp.length != 1) {
      throw new IllegalArgumentException(logp.length + " numbers are no score");
    }
    return logp[0];
  }

  /** Log-probability of the whole answer, nats. */
  public double logpSum() {
    return sum(logp);
  }

  /**
   * A signal by target, [targets]; not to be written.
   *
   * @throws IllegalArgumentException for one that was not asked for
   */
  public float[] signal(Signal signal) {
    float[] values = signals.get(signal);
    if (values == null) {
      throw new IllegalArgumentException("the objective did not ask for " + signal);
    }
    return values;
  }

  /**
   * A signal summed over the targets.
   *
   * @throws IllegalArgumentException for one that was not asked for
   */
  public double sum(Signal signal) {
    return sum(signal(signal));
  }

  /**
   * This sequence's share of the mean entropy of a step's distributions, nats a token; empty where
   * entropies are not known.
   */
  OptionalDouble meanEntropy(ScoredBatch.Size step) {
    float[] entropies = signals.get(Signal.ENTROPY);
    return entropies == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(sum(entropies) / Math.max(1, step.targets()));
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
