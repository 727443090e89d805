package io.affinage.reward.scoring.ifeval;

/**
 * How many there shall be.
 *
 * @param lessThan whether fewer than the threshold, rather than as many or more
 */
record Amount(boolean lessThan, int threshold) {
  boolean accepts(long count) {
    return lessThan ? count < threshold : count >= threshold;
  }
}
