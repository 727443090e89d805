package io.affinage.llm.data;

import java.util.Random;

/**
 * The order of the examples of one epoch: a function of seed and epoch alone, so a resume has it
 * too.
 */
public final class EpochOrder {
  private EpochOrder() {}

  /**
   * A permutation of {@code 0..size-1}; the same on every machine and Java version, because {@link
   * Random}'s numbers are part of its specification.
   */
  public static int[] shuffled(int size, long seed, int epoch) {
    int[] order = sequential(size);
    // Random keeps 48 bits of a seed; multiplying spreads neighbouring epochs over them.
    Random random = new Random((seed + epoch) * 0x9E3779B97F4A7C15L >>> 8 ^ seed);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  /** {@code 0..size-1} as they are. */
  public static int[] sequential(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    return order;
  }
}
