package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.PlainEncoders.putHalf;
import static io.affinage.llm.checkpoint.PlainEncoders.putInt;

/**
 * Encoders of ggml's formats with blocks of 32 elements (see {@link SmallBlockDecoders} for their
 * layout), in the arithmetic order of ggml's reference quantization, so that bytes are equal.
 */
final class SmallBlockEncoders {

  private SmallBlockEncoders() {}

  /** The element of largest magnitude becomes code 0, exactly. */
  static void q4Zero(float[] source, int from, byte[] target, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 32, to += 18) {
      float d = largest(source, from) / -8;
      float inverse = inverse(d);
      putHalf(target, to, d);
      for (int j = 0; j < 16; j++) {
        int low = code(source[from + j] * inverse + 8.5f, 15);
        int high = code(source[from + 16 + j] * inverse + 8.5f, 15);
        target[to + 2 + j] = (byte) (low | high << 4);
      }
    }
  }

  /** The smallest element becomes code 0, the largest 15. */
  static void q4One(float[] source, int from, byte[] target, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 32, to += 20) {
      float minimum = minimum(source, from);
      float d = (maximum(source, from) - minimum) / 15;
      float inverse = inverse(d);
      putHalf(target, to, d);
      putHalf(target, to + 2, minimum);
      for (int j = 0; j < 16; j++) {
        int low = code((source[from + j] - minimum) * inverse + 0.5f, 15);
        int high = code((source[from + 16 + j] - minimum) * inverse + 0.5f, 15);
        target[to + 4 + j] = (byte) (low | high << 4);
      }
    }
  }

  /** As {@link #q4Zero} with five bits; the fifth of element j is bit j of a word. */
  static void q5Zero(float[] source, int from, byte[] target, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 32, to += 22) {
      float d = largest(source, from) / -16;
      float inverse = inverse(d);
      putHalf(target, to, d);
      int fifth = 0;
      for (int j = 0; j < 16; j++) {
        int low = code(source[from + j] * inverse + 16.5f, 31);
        int high = code(source[from + 16 + j] * inverse + 16.5f, 31);
        target[to + 6 + j] = (byte) (low & 15 | (high & 15) << 4);
        fifth |= low >> 4 << j | high >> 4 << j + 16;
      }
      putInt(target, to + 2, fifth);
    }
  }

  /** As {@link #q4One} with five bits. */
  static void q5One(float[] source, int from, byte[] target, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 32, to += 24) {
      float minimum = minimum(source, from);
      float d = (maximum(source, from) - minimum) / 31;
      float inverse = inverse(d);
      putHalf(target, to, d);
      putHalf(target, to + 2, minimum);
      int fifth = 0;
      for (int j = 0; j < 16; j++) {
        int low = code((source[from + j] - minimum) * inverse + 0.5f, 31);
        int high = code((source[from + 16 + j] - minimum) * inverse + 0.5f, 31);
        target[to + 8 + j] = (byte) (low & 15 | (high & 15) << 4);
        fifth |= low >> 4 << j | high >> 4 << j + 16;
      }
      putInt(target, to + 4, fifth);
    }
  }

  /** The element of largest magnitude becomes 127 or -127. */
  static void q8Zero(float[] source, int from, byte[] target, int to, int blocks) {
    for (int b = 0; b < blocks; b++, from += 32, to += 34) {
      float d = Math.abs(largest(source, from)) / 127;
      float inverse = inverse(d);
      putHalf(target, to, d);
      for (int j = 0; j < 32; j++) {
        target[to + 2 + j] = (byte) roundHalfAway(source[from + j] * inverse);
      }
    }
  }

  /** A block of zeros, or one whose scale is too small to be inverted, becomes all zero codes. */
  private static float inverse(float d) {
    float inverse = d == 0 ? 0 : 1 / d;
    return Float.isInfinite(inverse) ? 0 : inverse;
  }

  private static int code(float value, int most) {
    return Math.min(most, (int) value);
  }

  /** As C's roundf. */
  private static int roundHalfAway(float value) {
    float magnitude = Math.abs(value);
    int floor = (int) magnitude;
    int rounded = floor + (int) (2 * (magnitude - floor));
    return value < 0 ? -rounded : rounded;
  }

  /** The element of largest magnitude, with its sign; the first of several. */
  private static float largest(float[] source, int from) {
    float largest = 0;
    for (int j = from; j < from + 32; j++) {
      if (Math.abs(source[j]) > Math.abs(largest)) {
        largest = source[j];
      }
    }
    return largest;
  }

  private static float minimum(float[] source, int from) {
    float minimum = source[from];
    for (int j = from + 1; j < from + 32; j++) {
      minimum = Math.min(minimum, source[j]);
    }
    return minimum;
  }

  private static float maximum(float[] source, int from) {
    float maximum = source[from];
    for (int j = from + 1; j < from + 32; j++) {
      maximum = Math.max(maximum, source[j]);
    }
    return maximum;
  }
}
