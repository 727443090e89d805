package io.affinage.llm.checkpoint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Encoders of plain number types; all round to nearest, ties to even. */
final class PlainEncoders {

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private PlainEncoders() {}

  static void f32(float[] source, int from, byte[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      INT.set(target, to + 4 * i, Float.floatToRawIntBits(source[from + i]));
    }
  }

  static void f16(float[] source, int from, byte[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      SHORT.set(target, to + 2 * i, half(source[from + i]));
    }
  }

  static void bf16(float[] source, int from, byte[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      SHORT.set(target, to + 2 * i, brain(source[from + i]));
    }
  }

  /** Puts a number as half precision at {@code index}. */
  static void putHalf(byte[] target, int index, float value) {
    SHORT.set(target, index, half(value));
  }

  static void putInt(byte[] target, int index, int value) {
    INT.set(target, index, value);
  }

  /** The half-precision number nearest to a value, widened again. */
  static float asHalf(float value) {
    var bytes = new byte[2];
    putHalf(bytes, 0, value);
    return PlainDecoders.halfAt(bytes, 0);
  }

  /**
   * IEEE single to half precision; beyond its range infinity, NaN stays NaN.
   *
   * <p>A normal half keeps the upper ten bits of the fraction: adding half of what is cut off (one
   * less where the last kept bit is 0) carries exactly where rounding goes up, into the exponent
   * too. A subnormal half counts multiples of 2^-24: adding 0.5 lets the processor round there,
   * since 0.5's last bit is worth 2^-24.
   */
  static short half(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7FFF_FFFF;
    if (magnitude > 0x7F80_0000) {
      return (short) (sign | 0x7E00);
    }
    if (magnitude >= 0x4780_0000) { // 2^16 and beyond
      return (short) (sign | 0x7C00);
    }
    if (magnitude < 0x3880_0000) { // below 2^-14
      int multiples =
          Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f)
              - Float.floatToRawIntBits(0.5f);
      return (short) (sign | multiples);
    }
    int rounded = magnitude + 0x0FFF + (magnitude >>> 13 & 1);
    return (short) (sign | (rounded - 0x3800_0000) >>> 13);
  }

  /** Single precision to bfloat16, its upper half; NaN stays NaN. */
  static short brain(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }
}
