package io.affinage.llm.model.config;

/**
 * A rotary embedding (Su et al. 2021).
 *
 * @param dimensions how many of a head's dimensions are rotated, even
 * @param base theta: frequency i is theta^(-2i / dimensions)
 * @param scaling how frequencies are changed for longer contexts
 */
public record RotaryEmbedding(int dimensions, double base, RopeScaling scaling) {

  public RotaryEmbedding {
    if (dimensions < 2 || dimensions % 2 != 0) {
      throw new IllegalArgumentException(
          "a rotary embedding of " + dimensions + " dimensions does not exist: it is even");
    }
    if (!(base > 0)) {
      throw new IllegalArgumentException("the model configuration's rope_theta is " + base);
    }
  }

  /** The same with another scaling. */
  RotaryEmbedding with(RopeScaling other) {
    return new RotaryEmbedding(dimensions, base, other);
  }

  /**
   * Angles per position, [dimensions / 2], rounded where the reference rounds: a position
   * multiplies the last bit.
   *
   * @param length tokens of the text
   */
  public float[] frequencies(int length) {
    return scaling.frequencies(dimensions, base, length);
  }

  /** What cosines and sines are multiplied by. */
  public double factor() {
    return scaling.attentionFactor();
  }

  /** theta^(2i / d), [dimensions / 2] */
  static float[] wavelengths(int dimensions, double base) {
    float[] result = new float[dimensions / 2];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) Math.pow(base, 2f * i / dimensions);
    }
    return result;
  }
}
