package io.affinage.llm.quantization;

import java.util.Arrays;

/**
 * The mean of float32 numbers, added in the order in which PyTorch adds them on one thread of an
 * x86 processor: 8 lanes, four running sums each, carried over into coarser sums. The last bit of a
 * sum depends on its order, and the bits of quantized scales on that of their mean. (PyTorch on
 * several threads adds more than 32,768 numbers in another order.)
 */
final class Mean {
  private static final int LANES = 8;
  private static final int SUMS = 4;
  private static final int WIDTH = LANES * SUMS;
  private static final int LEVELS = 4;

  private Mean() {}

  static float of(float[] values) {
    return sum(values) / values.length;
  }

  private static float sum(float[] values) {
    if (values.length < LANES) {
      return sumOfFew(values);
    }
    int vectors = values.length / LANES;
    int rows = vectors / SUMS;
    float[] sums = rowSums(values, rows);
    for (int i = rows * WIDTH; i < vectors * LANES; i++) {
      sums[i % LANES] += values[i];
    }
    for (int i = LANES; i < WIDTH; i++) {
      sums[i % LANES] += sums[i];
    }
    float total = 0;
    for (int i = vectors * LANES; i < values.length; i++) {
      total += values[i];
    }
    for (int lane = 0; lane < LANES; lane++) {
      total += sums[lane];
    }
    return total;
  }

  /** Fewer than fill the lanes: the running sums are single numbers. */
  private static float sumOfFew(float[] values) {
    float[] sums = new float[SUMS];
    int whole = values.length / SUMS * SUMS;
    for (int i = 0; i < values.length; i++) {
      sums[i < whole ? i % SUMS : 0] += values[i];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
  }

  /** The sums of columns of [rows, 32]. */
  private static float[] rowSums(float[] values, int rows) {
    int bits = rows < 2 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1);
    int power = Math.max(4, bits / LEVELS);
    int step = 1 << power;
    float[][] sums = new float[LEVELS][WIDTH];
    int row = 0;
    while (row + step <= rows) {
      for (int end = row + step; row < end; row++) {
        add(sums[0], values, row * WIDTH);
      }
      for (int level = 1; level < LEVELS; level++) {
        add(sums[level], sums[level - 1], 0);
        Arrays.fill(sums[level - 1], 0);
        if ((row & ((step - 1) << (level * power))) != 0) {
          break;
        }
      }
    }
    for (; row < rows; row++) {
      add(sums[0], values, row * WIDTH);
    }
    for (int level = 1; level < LEVELS; level++) {
      add(sums[0], sums[level], 0);
    }
    return sums[0];
  }

  private static void add(float[] sums, float[] values, int from) {
    for (int i = 0; i < WIDTH; i++) {
      sums[i] += values[from + i];
    }
  }
}
