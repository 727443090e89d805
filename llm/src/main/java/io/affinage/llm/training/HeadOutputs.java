package io.affinage.llm.training;

/**
 * What a head gives of a row.
 *
 * @param numbers by place: log p of each pair, nats, or scores
 * @param values of the state at each place; empty where no head of values is there
 * @param entropies of the distribution at each place, nats; empty where they are not asked for
 */
record HeadOutputs(float[] numbers, float[] values, float[] entropies) {
  private static final float[] NONE = {};

  static HeadOutputs of(float[] numbers) {
    return new HeadOutputs(numbers, NONE, NONE);
  }

  HeadOutputs withEntropies(float[] more) {
    return new HeadOutputs(numbers, values, more);
  }

  HeadOutputs withValues(float[] more) {
    return new HeadOutputs(numbers, more, entropies);
  }
}
