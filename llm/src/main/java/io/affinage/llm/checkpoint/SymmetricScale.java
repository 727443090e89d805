package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.SuperBlockEncoders.clamp;
import static io.affinage.llm.checkpoint.SuperBlockEncoders.nearest;

/**
 * The scale of a group stored as scale * code. Weighted least squares (weight x^2) for each of 19
 * roundings near the one that maps the largest element to the end of the range; the best is taken.
 */
final class SymmetricScale {

  /** Magnitudes below this count as zero. */
  static final float NOTHING = 1e-15f;

  private SymmetricScale() {}

  /**
   * @param levels codes go from {@code -levels} to {@code levels - 1}
   */
  static float search(float[] x, int from, int count, int levels) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      if (Math.abs(x[i]) > Math.abs(largest)) {
        largest = x[i];
      }
    }
    if (Math.abs(largest) < NOTHING) {
      return 0;
    }
    float scale = 0;
    float best = 0;
    for (int step = 0; step < 19; step++) {
      // 0 first, then -9 to -1 and 1 to 9: what comes first wins ties.
      int shift = step == 0 ? 0 : step < 10 ? step - 10 : step - 9;
      float inverse = -(levels + 0.1f * shift) / largest;
      float product = 0;
      float square = 0;
      for (int i = from; i < from + count; i++) {
        int code = clamp(nearest(inverse * x[i]), -levels, levels - 1);
        float weight = x[i] * x[i];
        product += weight * x[i] * code;
        square += weight * code * code;
      }
      if (square > 0 && (step == 0 || product * product > best * square)) {
        scale = product / square;
        best = scale * product;
      }
    }
    return scale;
  }
}
