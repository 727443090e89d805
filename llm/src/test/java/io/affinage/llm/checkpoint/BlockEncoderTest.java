package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Against the bytes of the reference quantizers (src/test/python/quantizer_fixtures.py). */
class BlockEncoderTest {

  private final Checkpoint fixture = Checkpoint.open(Fixtures.fixture("quantized.safetensors"));
  private final float[] values = fixture.readFloats("values");

  static Stream<StorageType> encodable() {
    return Stream.of(StorageType.values()).filter(type -> BlockEncoder.of(type).isPresent());
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"})
  void shouldGiveTheBytesOfTheReference(StorageType type) {
    assertThat(encode(type)).isEqualTo(expected(type));
  }

  /**
   * The reference library may fuse multiplications with additions, so that near a tie another of
   * two equally good scales wins: most blocks are equal, and none loses more.
   */
  @ParameterizedTest
  @EnumSource(names = {"Q4_K", "Q5_K", "Q6_K"})
  void shouldLoseNoMoreThanTheReference(StorageType type) {
    byte[] blocks = encode(type);
    byte[] expected = expected(type);
    float[] ours = decode(type, blocks);
    float[] theirs = decode(type, expected);
    int equal = 0;
    for (int block = 0; block < values.length / 256; block++) {
      int at = block * type.blockBytes();
      int end = at + type.blockBytes();
      equal += Arrays.equals(blocks, at, end, expected, at, end) ? 1 : 0;
      assertThat(squaredError(ours, block))
          .as("block %d", block)
          .isLessThanOrEqualTo(1.001 * squaredError(theirs, block));
    }
    assertThat(equal).isGreaterThanOrEqualTo(values.length / 256 * 7 / 8);
  }

  private double squaredError(float[] decoded, int block) {
    double sum = 0;
    for (int i = block * 256; i < (block + 1) * 256; i++) {
      sum += Math.pow(decoded[i] - values[i], 2);
    }
    return sum;
  }

  private byte[] expected(StorageType type) {
    ByteBuffer source = fixture.bytes(fixture.entry(type.name()));
    var expected = new byte[source.remaining()];
    source.get(expected);
    return expected;
  }

  private byte[] encode(StorageType type) {
    // Started at odd places, so that index arithmetic shows.
    var shifted = new float[values.length + 5];
    System.arraycopy(values, 0, shifted, 5, values.length);
    var blocks = new byte[(int) type.bytes(values.length) + 3];
    BlockEncoder.of(type)
        .orElseThrow()
        .encode(shifted, 5, blocks, 3, values.length / type.blockSize());
    return Arrays.copyOfRange(blocks, 3, blocks.length);
  }

  @ParameterizedTest
  @MethodSource("encodable")
  void shouldComeBackUnchangedWhenEncodedASecondTime(StorageType type) {
    float[] once = decode(type, encode(type));
    var blocks = new byte[(int) type.bytes(values.length)];
    BlockEncoder.of(type)
        .orElseThrow()
        .encode(once, 0, blocks, 0, values.length / type.blockSize());
    float[] twice = decode(type, blocks);
    double error = 0;
    double size = 0;
    for (int i = 0; i < once.length; i++) {
      error += Math.pow(once[i] - twice[i], 2);
      size += Math.pow(once[i], 2);
    }
    assertThat(Math.sqrt(error / size)).isLessThan(type.isBlockQuantized() ? 2e-3 : 1e-12);
  }

  private float[] decode(StorageType type, byte[] blocks) {
    var decoded = new float[values.length];
    BlockDecoder.of(type)
        .orElseThrow()
        .decode(blocks, 0, decoded, 0, values.length / type.blockSize());
    return decoded;
  }

  @Test
  void shouldNarrowEveryHalfPrecisionNumberBackAndRoundTiesToEven() {
    var bytes = new byte[2];
    for (int bits = 0; bits < 0x7C00; bits++) {
      bytes[0] = (byte) bits;
      bytes[1] = (byte) (bits >> 8);
      float value = PlainDecoders.halfAt(bytes, 0);
      assertThat(PlainEncoders.half(value)).as("bits %x", bits).isEqualTo((short) bits);
      assertThat(PlainEncoders.half(-value)).isEqualTo((short) (bits | 0x8000));
      bytes[0] = (byte) (bits + 1);
      bytes[1] = (byte) (bits + 1 >> 8);
      float next = bits + 1 == 0x7C00 ? 65536 : PlainDecoders.halfAt(bytes, 0);
      float middle = value + (next - value) / 2;
      int even = (bits & 1) == 0 ? bits : bits + 1;
      assertThat(PlainEncoders.half(middle)).as("after %x", bits).isEqualTo((short) even);
      assertThat(PlainEncoders.half(Math.nextDown(middle))).isEqualTo((short) bits);
      assertThat(PlainEncoders.half(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
    }
    assertThat(PlainEncoders.half(Float.POSITIVE_INFINITY)).isEqualTo((short) 0x7C00);
    assertThat(PlainEncoders.half(1e20f)).isEqualTo((short) 0x7C00);
    assertThat(PlainEncoders.half(Float.NaN)).isEqualTo((short) 0x7E00);
    assertThat(PlainEncoders.brain(Float.NaN)).isEqualTo((short) 0x7FC0);
  }
}
