package io.affinage.llm.model.config;

/**
 * How a decoder normalizes.
 *
 * @param epsilon added to the mean square or the variance
 */
public record Normalization(Kind kind, double epsilon) {

  /** Which norm, and what its weight means. */
  public enum Kind {
    /** RMSNorm (Zhang and Sennrich 2019): x / rms(x) * w. */
    RMS,
    /** RMSNorm whose file stores w - 1 (Gemma). */
    RMS_ONE_PLUS,
    /** LayerNorm (Ba et al. 2016), with a bias. */
    LAYER
  }

  public Normalization {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("the model configuration's norm epsilon is " + epsilon);
    }
  }

  /** Whether norms have a bias beside their weight. */
  public boolean hasBias() {
    return kind == Kind.LAYER;
  }
}
