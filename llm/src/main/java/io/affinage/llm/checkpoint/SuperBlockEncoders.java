package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.PlainEncoders.asHalf;
import static io.affinage.llm.checkpoint.PlainEncoders.putHalf;

import java.util.Arrays;

/**
 * Encoders of ggml's formats with super-blocks of 256 elements (see {@link SuperBlockDecoders} for
 * their layout). Each group of elements searches the scale (and minimum) that loses least, as
 * ggml's reference quantization without an importance matrix does.
 */
final class SuperBlockEncoders {

  private static final int SIZE = 256;

  private SuperBlockEncoders() {}

  static void q4(float[] source, int from, byte[] target, int to, int blocks) {
    var affine = new AffineGroups(15, -1f, 20);
    for (int b = 0; b < blocks; b++, from += SIZE, to += 144) {
      affine.quantize(source, from);
      affine.putScales(target, to);
      for (int j = 0; j < SIZE / 2; j++) {
        int at = (j & ~31) * 2 + (j & 31); // two groups of 32 share bytes
        target[to + 16 + j] = (byte) (affine.codes[at] | affine.codes[at + 32] << 4);
      }
    }
  }

  static void q5(float[] source, int from, byte[] target, int to, int blocks) {
    var affine = new AffineGroups(31, -0.5f, 15);
    for (int b = 0; b < blocks; b++, from += SIZE, to += 176) {
      affine.quantize(source, from);
      affine.putScales(target, to);
      for (int j = 0; j < 32; j++) {
        int high = 0;
        for (int group = 0; group < 8; group++) {
          high |= affine.codes[group * 32 + j] >> 4 << group;
        }
        target[to + 16 + j] = (byte) high;
      }
      for (int j = 0; j < SIZE / 2; j++) {
        int at = (j & ~31) * 2 + (j & 31);
        target[to + 48 + j] = (byte) (affine.codes[at] & 15 | (affine.codes[at + 32] & 15) << 4);
      }
    }
  }

  static void q6(float[] source, int from, byte[] target, int to, int blocks) {
    var scales = new float[16];
    var codes = new int[SIZE];
    for (int b = 0; b < blocks; b++, from += SIZE, to += 210) {
      float largest = 0;
      for (int group = 0; group < 16; group++) {
        scales[group] = SymmetricScale.search(source, from + 16 * group, 16, 32);
        if (Math.abs(scales[group]) > Math.abs(largest)) {
          largest = scales[group];
        }
      }
      if (Math.abs(largest) < SymmetricScale.NOTHING) {
        Arrays.fill(target, to, to + 210, (byte) 0);
        continue;
      }
      float inverse = -128 / largest;
      float d = asHalf(1 / inverse);
      putHalf(target, to + 208, d);
      for (int group = 0; group < 16; group++) {
        int scale = Math.min(127, nearest(inverse * scales[group]));
        target[to + 192 + group] = (byte) scale;
        float step = d * scale;
        for (int j = group * 16; j < group * 16 + 16; j++) {
          codes[j] = step == 0 ? 32 : clamp(nearest(source[from + j] / step), -32, 31) + 32;
        }
      }
      for (int half = 0; half < 2; half++) {
        for (int j = 0; j < 32; j++) {
          int at = half * 128 + j;
          int low = to + half * 64 + j;
          target[low] = (byte) (codes[at] & 15 | (codes[at + 64] & 15) << 4);
          target[low + 32] = (byte) (codes[at + 32] & 15 | (codes[at + 96] & 15) << 4);
          target[to + 128 + half * 32 + j] =
              (byte)
                  (codes[at] >> 4
                      | codes[at + 32] >> 4 << 2
                      | codes[at + 64] >> 4 << 4
                      | codes[at + 96] >> 4 << 6);
        }
      }
    }
  }

  static int nearest(float value) {
    return (int) Math.rint(value);
  }

  static int clamp(int value, int least, int most) {
    return Math.max(least, Math.min(most, value));
  }
}
