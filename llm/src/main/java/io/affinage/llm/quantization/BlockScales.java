package io.affinage.llm.quantization;

/** The scales of a tensor's blocks. */
public sealed interface BlockScales {

  /** Number of blocks. */
  int count();

  /** The scale of a block. */
  float of(int block);

  /**
   * Scales as they are.
   *
   * @param values float32, one a block
   */
  record Plain(float[] values) implements BlockScales {
    @Override
    public int count() {
      return values.length;
    }

    @Override
    public float of(int block) {
      return values[block];
    }
  }

  /**
   * Scales less their mean, themselves quantized in blocks of 256 with the signed 8-bit dynamic map
   * (double quantization): scale = map[code] * magnitude + mean, each step rounded to float32.
   *
   * @param codes one a block
   * @param magnitudes the largest magnitude of each 256 of them
   * @param mean of all scales
   */
  record Nested(byte[] codes, float[] magnitudes, float mean) implements BlockScales {
    /** Scales that share a magnitude. */
    public static final int BLOCK = 256;

    private static final float[] MAP = DynamicMap.values(true);

    /** Places in [-1, 1] at which bitsandbytes looks the nearest code up. */
    private static final int PLACES = 1 << 16;

    private static final byte[] NEAREST = nearest();

    public Nested {
      if (magnitudes.length != (codes.length + BLOCK - 1) / BLOCK) {
        throw new IllegalArgumentException(
            magnitudes.length + " magnitudes of " + codes.length + " scales");
      }
    }

    @Override
    public int count() {
      return codes.length;
    }

    @Override
    public float of(int block) {
      return MAP[codes[block] & 255] * magnitudes[block / BLOCK] + mean;
    }

    private static byte[] nearest() {
      byte[] codes = new byte[PLACES];
      int code = 0;
      for (int place = 0; place < PLACES; place++) {
        float x = -1f + (2f * place) / (PLACES - 1);
        while (code < MAP.length - 1 && 0.5f * (MAP[code] + MAP[code + 1]) < x) {
          code++;
        }
        codes[place] = (byte) code;
      }
      return codes;
    }

    /** Quantizes scales. */
    public static Nested of(Plain scales) {
      float[] values = scales.values();
      float mean = Mean.of(values);
      byte[] codes = new byte[values.length];
      float[] magnitudes = new float[(values.length + BLOCK - 1) / BLOCK];
      for (int group = 0; group < magnitudes.length; group++) {
        int from = group * BLOCK;
        int to = Math.min(values.length, from + BLOCK);
        float largest = 0;
        for (int i = from; i < to; i++) {
          largest = Math.max(largest, Math.abs(values[i] - mean));
        }
        magnitudes[group] = largest;
        if (largest == 0) {
          continue; // all codes 0
        }
        float factor = 1f / largest;
        for (int i = from; i < to; i++) {
          float x = Math.max(-1f, Math.min(1f, (values[i] - mean) * factor));
          codes[i] = NEAREST[(int) ((x + 1f) * 0.5f * (PLACES - 1) + 0.5f)];
        }
      }
      return new Nested(codes, magnitudes, mean);
    }
  }
}
