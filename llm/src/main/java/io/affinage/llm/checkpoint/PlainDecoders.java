package io.affinage.llm.checkpoint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Decoders of plain number types. */
final class PlainDecoders {

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final float TWO_TO_112 = 0x1p112f;

  private PlainDecoders() {}

  static void f32(byte[] source, int from, float[] values, int to, int count) {
    for (int i = 0; i < count; i++) {
      values[to + i] = Float.intBitsToFloat((int) INT.get(source, from + 4 * i));
    }
  }

  /** Rounds to nearest, the one decoder that is not exact. */
  static void f64(byte[] source, int from, float[] values, int to, int count) {
    for (int i = 0; i < count; i++) {
      values[to + i] = (float) Double.longBitsToDouble((long) LONG.get(source, from + 8 * i));
    }
  }

  static void bf16(byte[] source, int from, float[] values, int to, int count) {
    for (int i = 0; i < count; i++) {
      values[to + i] = Float.intBitsToFloat((short) SHORT.get(source, from + 2 * i) << 16);
    }
  }

  static void f16(byte[] source, int from, float[] values, int to, int count) {
    for (int i = 0; i < count; i++) {
      values[to + i] = half((short) SHORT.get(source, from + 2 * i));
    }
  }

  /** The half-precision number at {@code index}. */
  static float halfAt(byte[] source, int index) {
    return half((short) SHORT.get(source, index));
  }

  static int unsignedShortAt(byte[] source, int index) {
    return (short) SHORT.get(source, index) & 0xFFFF;
  }

  static int intAt(byte[] source, int index) {
    return (int) INT.get(source, index);
  }

  /**
   * IEEE half to single precision. The exponent is re-biased by a multiplication with 2^112, which
   * is exact and makes subnormal halves normal numbers; infinities and NaNs get their exponent
   * back.
   */
  private static float half(short bits) {
    int magnitude = (bits & 0x7FFF) << 13;
    int result =
        magnitude >= 0x0F80_0000
            ? magnitude | 0x7F80_0000
            : Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) * TWO_TO_112);
    return Float.intBitsToFloat(result | (bits & 0x8000) << 16);
  }
}
