package io.affinage.llm.checkpoint;

import java.util.Optional;

/**
 * Turns stored blocks into 32-bit floats. One loop over plain arrays per format, in the arithmetic
 * order of the reference implementation, so that results are equal bit for bit.
 */
@FunctionalInterface
interface BlockDecoder {

  /**
   * Decodes {@code blocks} blocks.
   *
   * @param source little-endian blocks
   * @param from index of the first byte
   * @param values takes the elements
   * @param to index of the first element
   */
  void decode(byte[] source, int from, float[] values, int to, int blocks);

  /** The decoder of a storage type, where it has one. */
  static Optional<BlockDecoder> of(StorageType type) {
    return Optional.ofNullable(
        switch (type) {
          case F32 -> PlainDecoders::f32;
          case F64 -> PlainDecoders::f64;
          case F16 -> PlainDecoders::f16;
          case BF16 -> PlainDecoders::bf16;
          case Q4_0 -> SmallBlockDecoders::q4Zero;
          case Q4_1 -> SmallBlockDecoders::q4One;
          case Q5_0 -> SmallBlockDecoders::q5Zero;
          case Q5_1 -> SmallBlockDecoders::q5One;
          case Q8_0 -> SmallBlockDecoders::q8Zero;
          case IQ4_NL -> SmallBlockDecoders::iq4NonLinear;
          case Q2_K -> SuperBlockDecoders::q2;
          case Q3_K -> SuperBlockDecoders::q3;
          case Q4_K -> SuperBlockDecoders::q4;
          case Q5_K -> SuperBlockDecoders::q5;
          case Q6_K -> SuperBlockDecoders::q6;
          case IQ4_XS -> SuperBlockDecoders::iq4;
          default -> null;
        });
  }
}
