package io.affinage.llm.model.config;

import java.util.List;

/**
 * How rotary frequencies are changed so that a model reads longer texts, as transformers has it.
 */
public sealed interface RopeScaling {

  /** As the model was trained. */
  RopeScaling NONE = new None();

  /**
   * Angles per position, [dimensions / 2].
   *
   * @param length tokens of the text
   */
  float[] frequencies(int dimensions, double base, int length);

  /**
   * Which frequencies a text of so many tokens has: texts with the same answer have the same. Not
   * falling as lengths rise.
   */
  default int lengthClass(int length) {
    return 0;
  }

  /**
   * The longest context.
   *
   * @param positions {@code max_position_embeddings}
   */
  default int reach(int positions) {
    return positions;
  }

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
   * NTK-aware scaling by length (u/bloc97 and u/emozilla 2023): beyond the original context the
   * base grows with the text.
   *
   * @param factor by how much texts may be longer than the original context
   * @param original context that the model was trained on
   */
  record Dynamic(double factor, int original) implements RopeScaling {
    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      if (length <= original) {
        return NONE.frequencies(dimensions, base, length);
      }
      // In single precision, as the reference computes it from a length on the device.
      float stretch = (float) (factor * length) / original - (float) (factor - 1);
      float power = (float) Math.pow(stretch, (float) (dimensions / (dimensions - 2.0)));
      return NONE.frequencies(dimensions, (float) base * power, length);
    }

    @Override
    public int lengthClass(int length) {
      return Math.max(length, original);
    }

    @Override
    public int reach(int positions) {
      return (int) Math.min(Integer.MAX_VALUE, factor * original);
    }
  }

  /**
   * LongRoPE (Ding et al. 2024): each frequency divided by a factor of its own, and by another in
   * texts beyond the original context.
   *
   * @param shortFactors [dimensions / 2], up to the original context
   * @param longFactors [dimensions / 2], beyond it
   * @param original context that the model was trained on
   * @param attentionFactor what cosines and sines are multiplied by, whatever the length
   * @param renews whether generation computes its cache anew with the long factors when a text
   *     outgrows the original context (Phi-3); elsewhere cached keys keep the short ones
   */
  record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      int original,
      double attentionFactor,
      boolean renews)
      implements RopeScaling {

    public LongRope {
      shortFactors = List.copyOf(shortFactors);
      longFactors = List.copyOf(longFactors);
    }

    @Override
    public float[] frequencies(int dimensions, double base, int length) {
      List<Double> factors = length > original ? longFactors : shortFactors;
      if (factors.size() != dimensions / 2) {
        throw new IllegalStateException(
            "%d factors for %d frequencies".formatted(factors.size(), dimensions / 2));
      }
      float[] result = RotaryEmbedding.wavelengths(dimensions, base);
      for (int i = 0; i < result.length; i++) {
        result[i] = 1f / (factors.get(i).floatValue() * result[i]);
      }
      return result;
    }

    @Override
    public int lengthClass(int length) {
      return length > original ? 1 : 0;
    }

    LongRope renewing() {
      return new LongRope(shortFactors, longFactors, original, attentionFactor, true);
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
