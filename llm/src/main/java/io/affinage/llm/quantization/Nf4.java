package io.affinage.llm.quantization;

import java.util.stream.IntStream;

/**
 * NF4, the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023), bit for bit as bitsandbytes 0.50
 * computes it: blocks of 64 numbers in row-major order, each with its largest magnitude in float32;
 * a byte holds two codes, the first in its high half.
 */
public final class Nf4 {
  /** Numbers that share a scale. */
  public static final int BLOCK = 64;

  /** Blocks encoded by one task. */
  private static final int TASK = 1 << 10;

  /** Quantiles of a normal distribution, scaled to [-1, 1], with an exact 0. */
  private static final float[] CODEBOOK = {
    -1f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1f
  };

  private static final float[] MIDPOINTS = midpoints();

  /** The least magnitude by which bitsandbytes divides. */
  private static final float SMALLEST = 1e-38f;

  private Nf4() {}

  private static float[] midpoints() {
    float[] between = new float[CODEBOOK.length - 1];
    for (int i = 0; i < between.length; i++) {
      between[i] = (CODEBOOK[i] + CODEBOOK[i + 1]) / 2;
    }
    return between;
  }

  /** The value of each code, ascending, [16] (a copy). */
  public static float[] codebook() {
    return CODEBOOK.clone();
  }

  /** Bytes that the codes of so many numbers take. */
  public static long bytes(long elements) {
    return (elements + 1) / 2;
  }

  /** Blocks of so many numbers; the last may have fewer than 64. */
  public static long blocks(long elements) {
    return (elements + BLOCK - 1) / BLOCK;
  }

  /**
   * Encodes numbers, which must be finite, in parallel.
   *
   * @param values from index 0 on; whole blocks, except where a tensor ends
   * @param count how many of them
   * @param packed takes {@link #bytes} codes from index 0 on
   * @param scales takes the scale of each block
   * @param firstScale where the scale of the first block goes
   */
  public static void encode(
      float[] values, int count, byte[] packed, float[] scales, int firstScale) {
    int blocks = (int) blocks(count);
    int tasks = (blocks + TASK - 1) / TASK;
    IntStream range = IntStream.range(0, tasks);
    (tasks > 1 ? range.parallel() : range)
        .forEach(
            task -> {
              for (int block = task * TASK; block < Math.min(blocks, (task + 1) * TASK); block++) {
                int from = block * BLOCK;
                scales[firstScale + block] =
                    encodeBlock(values, from, Math.min(BLOCK, count - from), packed);
              }
            });
  }

  private static float encodeBlock(float[] values, int from, int count, byte[] packed) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    // Whole blocks are multiplied by the reciprocal, what remains at the end is divided.
    boolean whole = count == BLOCK;
    float divisor = Math.max(largest, SMALLEST);
    float factor = 1f / divisor;
    for (int i = from; i < from + count; i += 2) {
      int high = code(whole ? values[i] * factor : values[i] / divisor);
      int low =
          code(
              i + 1 == from + count ? 0 : whole ? values[i + 1] * factor : values[i + 1] / divisor);
      packed[i / 2] = (byte) (high << 4 | low);
    }
    return whole ? largest : divisor;
  }

  /** How many midpoints lie below x, and so the nearest code; a tie takes the lower one. */
  private static int code(float x) {
    int low = 0;
    for (int step = 8; step > 0; step >>= 1) {
      if (MIDPOINTS[low + step - 1] < x) {
        low += step;
      }
    }
    return low;
  }

  /**
   * Decodes numbers of one tensor.
   *
   * @param packed codes, from the byte of the first number on
   * @param scales of all blocks of the tensor
   * @param first index of the first number in the tensor, even
   * @param count how many
   * @param values takes them from index {@code to} on
   */
  public static void decode(
      byte[] packed, BlockScales scales, long first, int count, float[] values, int to) {
    float scale = 0;
    for (int i = 0; i < count; i++) {
      long element = first + i;
      if (i == 0 || element % BLOCK == 0) {
        scale = scales.of(Math.toIntExact(element / BLOCK));
      }
      int both = packed[i / 2];
      values[to + i] = CODEBOOK[(i % 2 == 0 ? both >> 4 : both) & 15] * scale;
    }
  }
}
