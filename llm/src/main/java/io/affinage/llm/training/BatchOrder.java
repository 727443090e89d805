package io.affinage.llm.training;

import io.affinage.llm.data.EpochOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Which examples each optimizer step takes: every epoch is a fresh permutation that depends on seed
 * and epoch alone, so a resumed run sees the same order.
 */
final class BatchOrder {
  private final int examples;
  private final int batchSize;
  private final long seed;
  private int shuffledEpoch = -1;
  private int[] order;

  BatchOrder(int examples, int batchSize, long seed) {
    this.examples = examples;
    this.batchSize = batchSize;
    this.seed = seed;
  }

  /** Indices of the examples of a step, counted from 0; the last step of an epoch may be short. */
  List<Integer> examplesOf(int step) {
    int perEpoch = (examples + batchSize - 1) / batchSize;
    int epoch = step / perEpoch;
    if (epoch != shuffledEpoch) {
      order = EpochOrder.shuffled(examples, seed, epoch);
      shuffledEpoch = epoch;
    }
    int from = step % perEpoch * batchSize;
    List<Integer> chosen = new ArrayList<>();
    for (int i = from; i < Math.min(examples, from + batchSize); i++) {
      chosen.add(order[i]);
    }
    return chosen;
  }
}
