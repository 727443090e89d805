package io.affinage.llm.quantization;

import java.util.Arrays;

/**
 * The 256 values of the 8-bit dynamic type (Dettmers 2016), as bitsandbytes makes them: a decimal
 * exponent of varying length, and with what bits remain a linear fraction.
 */
public final class DynamicMap {
  private static final int EXPONENTS = 7;

  private DynamicMap() {}

  /**
   * The map in ascending order, [256]; the largest value is 1.
   *
   * @param signed from about -1 to 1, else from 0 to 1 at twice the resolution
   */
  public static float[] values(boolean signed) {
    float[] values = new float[256];
    int count = 0;
    for (int exponent = 0; exponent < EXPONENTS; exponent++) {
      int means = 1 << (signed ? exponent : exponent + 1);
      float[] boundaries = boundaries(means + 1);
      float scale = (float) Math.pow(10, exponent - EXPONENTS + 1);
      for (int i = 0; i < means; i++) {
        float value = scale * ((boundaries[i] + boundaries[i + 1]) / 2);
        values[count++] = value;
        if (signed) {
          values[count++] = -value;
        }
      }
    }
    values[count++] = 0;
    values[count] = 1;
    Arrays.sort(values);
    return values;
  }

  /**
   * Equally spaced from 0.1 to 1, both ends exact; counted from the nearer end and rounded once, as
   * PyTorch does.
   */
  private static float[] boundaries(int count) {
    float[] values = new float[count];
    float step = (1f - 0.1f) / (count - 1);
    for (int i = 0; i < count; i++) {
      values[i] = i < count / 2 ? Math.fma(step, i, 0.1f) : Math.fma(-step, count - i - 1, 1f);
    }
    return values;
  }
}
