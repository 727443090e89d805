package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.PlainDecoders.halfAt;
import static io.affinage.llm.checkpoint.PlainDecoders.unsignedShortAt;

/**
 * Decoders of ggml's formats with super-blocks of 256 elements ("k-quants" and IQ4_XS):
 * half-precision scales for the whole, small integer scales for each 16 or 32 elements.
 */
final class SuperBlockDecoders {

  private SuperBlockDecoders() {}

  /** scales[16] (scale low nibble, minimum high nibble), codes[64], d, dmin. */
  static void q2(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 84, to += 256) {
      float d = halfAt(source, from + 80);
      float dmin = halfAt(source, from + 82);
      for (int group = 0; group < 16; group++) {
        int packed = source[from + group];
        float scale = d * (packed & 15);
        float minimum = dmin * (packed >> 4 & 15);
        int codes = from + 16 + (group >> 3) * 32 + (group & 1) * 16;
        int shift = group & 6; // two groups share a shift of 0, 2, 4, 6
        int out = to + group * 16;
        for (int j = 0; j < 16; j++) {
          values[out + j] = scale * (source[codes + j] >> shift & 3) - minimum;
        }
      }
    }
  }

  /**
   * high bits[32], codes[64], six-bit scales[12], d. A high bit of 1 means that 4 is not
   * subtracted.
   */
  static void q3(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 110, to += 256) {
      float d = halfAt(source, from + 108);
      int scales = from + 96;
      for (int group = 0; group < 16; group++) {
        int low = source[scales + (group & 7)] >> (group >> 3) * 4 & 15;
        int high = source[scales + 8 + (group & 3)] >> (group >> 2) * 2 & 3;
        float scale = d * ((low | high << 4) - 32);
        int half = (group & 1) * 16;
        int codes = from + 32 + (group >> 3) * 32 + half;
        int shift = group & 6;
        int out = to + group * 16;
        for (int j = 0; j < 16; j++) {
          int offset = (source[from + half + j] >> (group >> 1) & 1) == 0 ? 4 : 0;
          values[out + j] = scale * ((source[codes + j] >> shift & 3) - offset);
        }
      }
    }
  }

  /** d, dmin, six-bit scales and minima[12], codes[128]. */
  static void q4(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 144, to += 256) {
      float d = halfAt(source, from);
      float dmin = halfAt(source, from + 2);
      for (int group = 0; group < 8; group++) {
        float scale = d * sixBitScale(source, from + 4, group);
        float minimum = dmin * sixBitMinimum(source, from + 4, group);
        int codes = from + 16 + (group >> 1) * 32;
        int shift = (group & 1) * 4;
        int out = to + group * 32;
        for (int j = 0; j < 32; j++) {
          values[out + j] = scale * (source[codes + j] >> shift & 15) - minimum;
        }
      }
    }
  }

  /** d, dmin, six-bit scales and minima[12], high bits[32], codes[128]. */
  static void q5(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 176, to += 256) {
      float d = halfAt(source, from);
      float dmin = halfAt(source, from + 2);
      int highBits = from + 16;
      for (int group = 0; group < 8; group++) {
        float scale = d * sixBitScale(source, from + 4, group);
        float minimum = dmin * sixBitMinimum(source, from + 4, group);
        int codes = from + 48 + (group >> 1) * 32;
        int shift = (group & 1) * 4;
        int out = to + group * 32;
        for (int j = 0; j < 32; j++) {
          int code = source[codes + j] >> shift & 15 | (source[highBits + j] >> group & 1) << 4;
          values[out + j] = scale * code - minimum;
        }
      }
    }
  }

  /** low nibbles[128], high bit pairs[64], signed scales[16], d. */
  static void q6(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 210, to += 256) {
      float d = halfAt(source, from + 208);
      for (int group = 0; group < 16; group++) {
        float scale = d * source[from + 192 + group];
        int half = group >> 3; // 128 elements each
        int quarter = group >> 1 & 3; // 32 elements each
        int within = (group & 1) * 16;
        int low = from + half * 64 + (quarter & 1) * 32 + within;
        int lowShift = (quarter >> 1) * 4;
        int high = from + 128 + half * 32 + within;
        int highShift = quarter * 2;
        int out = to + group * 16;
        for (int j = 0; j < 16; j++) {
          int code = source[low + j] >> lowShift & 15 | (source[high + j] >> highShift & 3) << 4;
          values[out + j] = scale * (code - 32);
        }
      }
    }
  }

  /** d, high scale bits (16), low scale nibbles[4], codes[128] of the non-linear table. */
  static void iq4(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 136, to += 256) {
      float d = halfAt(source, from);
      int high = unsignedShortAt(source, from + 2);
      for (int group = 0; group < 8; group++) {
        int low = source[from + 4 + (group >> 1)] >> (group & 1) * 4 & 15;
        float scale = d * ((low | (high >> 2 * group & 3) << 4) - 32);
        SmallBlockDecoders.nonLinear(scale, source, from + 8 + group * 16, values, to + group * 32);
      }
    }
  }

  // Twelve bytes hold eight six-bit scales and eight six-bit minima: the first four of each in the
  // low six bits of bytes 0-3 and
  // 4-7, the last four in the nibbles of bytes 8-11 with their upper two bits in the top of bytes
  // 0-3 and 4-7.
  private static int sixBitScale(byte[] source, int at, int group) {
    return group < 4
        ? source[at + group] & 63
        : source[at + group + 4] & 15 | source[at + group - 4] >> 2 & 0x30;
  }

  private static int sixBitMinimum(byte[] source, int at, int group) {
    return group < 4
        ? source[at + group + 4] & 63
        : source[at + group + 4] >> 4 & 15 | source[at + group] >> 2 & 0x30;
  }
}
