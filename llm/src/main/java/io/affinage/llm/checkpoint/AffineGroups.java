package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.PlainEncoders.asHalf;
import static io.affinage.llm.checkpoint.PlainEncoders.putHalf;
import static io.affinage.llm.checkpoint.SuperBlockEncoders.clamp;
import static io.affinage.llm.checkpoint.SuperBlockEncoders.nearest;

/**
 * One super-block of eight groups of 32 elements, each stored as scale * code - minimum with
 * six-bit scales and minima. A group's scale and minimum come from weighted least squares (weight:
 * root mean square + |x|) over several roundings; the best is taken.
 */
final class AffineGroups {

  private static final int GROUPS = 8;
  private static final int SIZE = 32;
  private static final float SIXTY_THREE = 63;

  private final int most;
  private final float firstShift;
  private final int steps;

  private final float[] scales = new float[GROUPS];
  private final float[] minima = new float[GROUPS];
  private final int[] scaleCodes = new int[GROUPS];
  private final int[] minimumCodes = new int[GROUPS];
  private final float[] weights = new float[SIZE];
  private final int[] trial = new int[SIZE];
  private float d;
  private float dmin;

  /** The codes of the 256 elements, 0 to {@code most}. */
  final int[] codes = new int[GROUPS * SIZE];

  /**
   * @param most the largest code
   * @param firstShift added to {@code most} in the first rounding that is tried
   * @param steps roundings tried after it, 0.1 apart
   */
  AffineGroups(int most, float firstShift, int steps) {
    this.most = most;
    this.firstShift = firstShift;
    this.steps = steps;
  }

  void quantize(float[] source, int from) {
    float largestScale = 0;
    float largestMinimum = 0;
    for (int group = 0; group < GROUPS; group++) {
      search(source, from + group * SIZE, group);
      largestScale = Math.max(largestScale, scales[group]);
      largestMinimum = Math.max(largestMinimum, minima[group]);
    }
    float inverseScale = largestScale > 0 ? SIXTY_THREE / largestScale : 0;
    float inverseMinimum = largestMinimum > 0 ? SIXTY_THREE / largestMinimum : 0;
    d = asHalf(largestScale / SIXTY_THREE);
    dmin = asHalf(largestMinimum / SIXTY_THREE);
    for (int group = 0; group < GROUPS; group++) {
      scaleCodes[group] = Math.min(63, nearest(inverseScale * scales[group]));
      minimumCodes[group] = Math.min(63, nearest(inverseMinimum * minima[group]));
      float scale = d * scaleCodes[group];
      float minimum = dmin * minimumCodes[group];
      for (int j = group * SIZE; j < (group + 1) * SIZE; j++) {
        codes[j] = scale == 0 ? 0 : clamp(nearest((source[from + j] + minimum) / scale), 0, most);
      }
    }
  }

  /** d, dmin, and twelve bytes of scales and minima; {@link SuperBlockDecoders} tells how. */
  void putScales(byte[] target, int to) {
    putHalf(target, to, d);
    putHalf(target, to + 2, dmin);
    int packed = to + 4;
    for (int group = 0; group < 4; group++) {
      int later = group + 4;
      target[packed + group] = (byte) (scaleCodes[group] | scaleCodes[later] >> 4 << 6);
      target[packed + 4 + group] = (byte) (minimumCodes[group] | minimumCodes[later] >> 4 << 6);
      target[packed + 8 + group] =
          (byte) (scaleCodes[later] & 15 | (minimumCodes[later] & 15) << 4);
    }
  }

  /** Finds scale and minimum (not negative, subtracted) of one group. */
  private void search(float[] x, int from, int group) {
    float squares = 0;
    for (int i = 0; i < SIZE; i++) {
      squares += x[from + i] * x[from + i];
    }
    float rootMeanSquare = (float) Math.sqrt(squares / SIZE);
    float least = x[from];
    float largest = x[from];
    float sumWeights = 0;
    float sumX = 0;
    for (int i = 0; i < SIZE; i++) {
      float value = x[from + i];
      weights[i] = rootMeanSquare + Math.abs(value);
      least = Math.min(least, value);
      largest = Math.max(largest, value);
      sumWeights += weights[i];
      sumX += weights[i] * value;
    }
    least = Math.min(least, 0);
    if (largest == least) {
      scales[group] = 0;
      minima[group] = -least;
      return;
    }
    float bestScale = 1 / (most / (largest - least));
    float bestError = firstError(x, from, least, most / (largest - least), bestScale);
    for (int step = 0; step <= steps; step++) {
      // The best minimum so far is what the next rounding starts from.
      float inverse = (firstShift + 0.1f * step + most) / (largest - least);
      float sumL = 0;
      float sumL2 = 0;
      float sumXl = 0;
      for (int i = 0; i < SIZE; i++) {
        int code = clamp(nearest(inverse * (x[from + i] - least)), 0, most);
        trial[i] = code;
        sumL += weights[i] * code;
        sumL2 += weights[i] * code * code;
        sumXl += weights[i] * code * x[from + i];
      }
      float determinant = sumWeights * sumL2 - sumL * sumL;
      if (determinant > 0) {
        float scale = (sumWeights * sumXl - sumX * sumL) / determinant;
        float minimum = (sumL2 * sumX - sumL * sumXl) / determinant;
        if (minimum > 0) {
          minimum = 0;
          scale = sumXl / sumL2;
        }
        float error = trialError(x, from, scale, minimum);
        if (error < bestError) {
          bestError = error;
          bestScale = scale;
          least = minimum;
        }
      }
    }
    scales[group] = bestScale;
    minima[group] = -least;
  }

  private float firstError(float[] x, int from, float least, float inverse, float scale) {
    for (int i = 0; i < SIZE; i++) {
      trial[i] = clamp(nearest(inverse * (x[from + i] - least)), 0, most);
    }
    return trialError(x, from, scale, least);
  }

  private float trialError(float[] x, int from, float scale, float minimum) {
    float error = 0;
    for (int i = 0; i < SIZE; i++) {
      float difference = scale * trial[i] + minimum - x[from + i];
      error += weights[i] * difference * difference;
    }
    return error;
  }
}
