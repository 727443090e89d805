package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.PlainDecoders.halfAt;
import static io.affinage.llm.checkpoint.PlainDecoders.intAt;

/**
 * Decoders of ggml's formats with blocks of 32 elements: a half-precision scale d, for the {@code
 * _1} formats a half-precision minimum m, then the codes. The low nibble of byte j is element j,
 * its high nibble element j + 16.
 */
final class SmallBlockDecoders {

  private static final int[] NON_LINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private SmallBlockDecoders() {}

  /** d * (q - 8). */
  static void q4Zero(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 18, to += 32) {
      float d = halfAt(source, from);
      for (int j = 0; j < 16; j++) {
        int codes = source[from + 2 + j];
        values[to + j] = d * ((codes & 15) - 8);
        values[to + 16 + j] = d * ((codes >> 4 & 15) - 8);
      }
    }
  }

  /** d * q + m. */
  static void q4One(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 20, to += 32) {
      float d = halfAt(source, from);
      float m = halfAt(source, from + 2);
      for (int j = 0; j < 16; j++) {
        int codes = source[from + 4 + j];
        values[to + j] = d * (codes & 15) + m;
        values[to + 16 + j] = d * (codes >> 4 & 15) + m;
      }
    }
  }

  /** d * (q - 16); the fifth bit of element j is bit j of a 32-bit word. */
  static void q5Zero(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 22, to += 32) {
      float d = halfAt(source, from);
      int high = intAt(source, from + 2);
      for (int j = 0; j < 16; j++) {
        int codes = source[from + 6 + j];
        values[to + j] = d * ((codes & 15 | (high >>> j & 1) << 4) - 16);
        values[to + 16 + j] = d * ((codes >> 4 & 15 | (high >>> j + 16 & 1) << 4) - 16);
      }
    }
  }

  /** d * q + m with five-bit q. */
  static void q5One(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 24, to += 32) {
      float d = halfAt(source, from);
      float m = halfAt(source, from + 2);
      int high = intAt(source, from + 4);
      for (int j = 0; j < 16; j++) {
        int codes = source[from + 8 + j];
        values[to + j] = d * (codes & 15 | (high >>> j & 1) << 4) + m;
        values[to + 16 + j] = d * (codes >> 4 & 15 | (high >>> j + 16 & 1) << 4) + m;
      }
    }
  }

  /** d * q with signed bytes. */
  static void q8Zero(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 34, to += 32) {
      float d = halfAt(source, from);
      for (int j = 0; j < 32; j++) {
        values[to + j] = d * source[from + 2 + j];
      }
    }
  }

  /** d * table[q]. */
  static void iq4NonLinear(byte[] source, int from, float[] values, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 18, to += 32) {
      nonLinear(halfAt(source, from), source, from + 2, values, to);
    }
  }

  /** 32 elements of d * table[q]. */
  static void nonLinear(float d, byte[] source, int from, float[] values, int to) {
    for (int j = 0; j < 16; j++) {
      int codes = source[from + j];
      values[to + j] = d * NON_LINEAR[codes & 15];
      values[to + 16 + j] = d * NON_LINEAR[codes >> 4 & 15];
    }
  }
}
