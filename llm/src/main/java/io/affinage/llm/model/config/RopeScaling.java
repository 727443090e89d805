package io.affinage.llm.model.config;

/**
 * How rotary frequencies are changed so that a model reads longer texts, as transformers has it.
 */
public sealed interface RopeScaling {

  /** As the model was trained. */
  RopeScaling NONE = new None();

  /**
   * Angles per position, [dimensions / 2].
   *
   * @param length tokens of the longest text that is computed together
   */
  float[] frequencies(int dimensions, double base, int length);

  /** What cosines and sines are multiplied by. */
  default double attentionFactor() {
    return 1;
  }

  /** theta^(-2i / d). */
  record None() implements RopeScaling {
    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      float[] result = RotaryEmbedding.wavelengths(dimensions, base);
      for (int i = 0; i < result.length; i++) {
        result[i] = 1f / result[i];
      }
      return result;
    }
  }

  /** Every frequency divided by a factor (Chen et al. 2023, position interpolation). */
  record Linear(double factor) implements RopeScaling {
    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      float[] result = NONE.frequencies(dimensions, base, length);
      for (int i = 0; i < result.length; i++) {
        result[i] /= (float) factor;
      }
      return result;
    }
  }

  /**
   * Llama 3.1's: low frequencies divided by a factor, high ones kept, a ramp between.
   *
   * @param original context that the model was trained on
   */
  record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int original)
      implements RopeScaling {
    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      float[] result = NONE.frequencies(dimensions, base, length);
      double longest = original / lowFrequencyFactor;
      double shortest = original / highFrequencyFactor;
      for (int i = 0; i < result.length; i++) {
        float wave = (float) (2 * Math.PI) / result[i];
        if (wave > longest) {
          result[i] /= (float) factor;
        } else if (wave >= shortest) {
          float smooth =
              (float)
                  ((original / wave - lowFrequencyFactor)
                      / (highFrequencyFactor - lowFrequencyFactor));
          result[i] = (1 - smooth) * result[i] / (float) factor + smooth * result[i];
        }
      }
      return result;
    }
  }

  /**
   * YaRN (Peng et al. 2023): interpolation of low frequencies only, and a sharper attention.
   *
   * @param original context that the model was trained on
   * @param betaFast rotations within the original context above which a frequency is kept
   * @param betaSlow rotations below which it is divided by the factor
   * @param truncate whether the ramp's ends are whole dimensions
   */
  record Yarn(
      double factor,
      int original,
      double betaFast,
      double betaSlow,
      boolean truncate,
      double attentionFactor)
      implements RopeScaling {
    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      double from = dimension(betaFast, dimensions, base);
      double to = dimension(betaSlow, dimensions, base);
      if (truncate) {
        from = Math.floor(from);
        to = Math.ceil(to);
      }
      from = Math.max(from, 0);
      to = Math.min(to, dimensions - 1.0);
      if (from == to) {
        to += 0.001;
      }
      float[] result = RotaryEmbedding.wavelengths(dimensions, base);
      for (int i = 0; i < result.length; i++) {
        float ramp = (float) Math.min(1, Math.max(0, (i - from) / (to - from)));
        float kept = 1f / result[i];
        float divided = 1f / ((float) factor * result[i]);
        result[i] = divided * ramp + kept * (1 - ramp);
      }
      return result;
    }

    /** The dimension that turns this often within the original context. */
    private double dimension(double rotations, int dimensions, double base) {
      return dimensions * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
    }
  }
}
