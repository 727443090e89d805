package io.affinage.llm.checkpoint;

import java.util.Optional;

/**
 * Turns 32-bit floats into stored blocks: the other way of {@link BlockDecoder}. Rounds as the
 * reference implementation does; values must be finite.
 */
@FunctionalInterface
interface BlockEncoder {

  /**
   * Encodes {@code blocks} blocks.
   *
   * @param source the elements
   * @param from index of the first element
   * @param target takes little-endian blocks
   * @param to index of the first byte
   */
  void encode(float[] source, int from, byte[] target, int to, int blocks);

  /** The encoder of a storage type, where it has one. */
  static Optional<BlockEncoder> of(StorageType type) {
    return Optional.ofNullable(
        switch (type) {
          case F32 -> PlainEncoders::f32;
          case F16 -> PlainEncoders::f16;
          case BF16 -> PlainEncoders::bf16;
          case Q4_0 -> SmallBlockEncoders::q4Zero;
          case Q4_1 -> SmallBlockEncoders::q4One;
          case Q5_0 -> SmallBlockEncoders::q5Zero;
          case Q5_1 -> SmallBlockEncoders::q5One;
          case Q8_0 -> SmallBlockEncoders::q8Zero;
          case Q4_K -> SuperBlockEncoders::q4;
          case Q5_K -> SuperBlockEncoders::q5;
          case Q6_K -> SuperBlockEncoders::q6;
          default -> null;
        });
  }
}
