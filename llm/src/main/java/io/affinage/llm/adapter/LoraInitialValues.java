package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;

/** The random numbers that the narrowing matrices of low-rank products begin with. */
public final class LoraInitialValues {
  private final SplittableRandom random;

  /**
   * @param seed the same seed gives the same bits
   */
  public LoraInitialValues(long seed) {
    random = new SplittableRandom(seed);
  }

  /** The next A [r, in]: uniform in +-1/sqrt(in) (Kaiming with a = sqrt 5, as PEFT does). */
  public float[] a(Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    double bound = 1 / Math.sqrt(shape.get(1));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-bound, bound);
    }
    return values;
  }
}
