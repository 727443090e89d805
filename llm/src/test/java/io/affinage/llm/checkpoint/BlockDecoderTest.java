package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.llm.error.LlmException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BlockDecoderTest {

  static Stream<StorageType> blockTypes() {
    return Stream.of(StorageType.values())
        .filter(t -> t.isBlockQuantized() && t.isReadableAsFloat());
  }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void shouldDecodeRandomBlocksToTheBitsOfTheReference(StorageType type) {
    Checkpoint fixture = Checkpoint.open(Fixtures.fixture("dequantized.safetensors"));
    var source = fixture.bytes(fixture.entry(type + ".blocks"));
    var blocks = new byte[source.remaining()];
    source.get(blocks);
    float[] expected = fixture.readFloats(type + ".values");
    assertThat(expected).hasSize(5 * type.blockSize());

    // Started at odd places, so that index arithmetic shows.
    var shifted = new byte[blocks.length + 3];
    System.arraycopy(blocks, 0, shifted, 3, blocks.length);
    var values = new float[expected.length + 2];
    BlockDecoder.of(type).orElseThrow().decode(shifted, 3, values, 2, 5);

    for (int i = 0; i < expected.length; i++) {
      assertThat(values[i + 2]).as("element %d", i).isEqualTo(expected[i]);
    }
  }

  @Test
  void shouldWidenEveryHalfPrecisionNumberExactly() {
    var source = new byte[2 * 65536];
    for (int i = 0; i < 65536; i++) {
      source[2 * i] = (byte) i;
      source[2 * i + 1] = (byte) (i >> 8);
    }
    var values = new float[65536];
    PlainDecoders.f16(source, 0, values, 0, 65536);
    for (int bits = 0; bits < 65536; bits++) {
      int exponent = bits >> 10 & 31;
      int fraction = bits & 1023;
      double magnitude =
          exponent == 31
              ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0
                  ? fraction * Math.pow(2, -24)
                  : (1024 + fraction) * Math.pow(2, exponent - 25);
      float expected = (float) ((bits & 0x8000) == 0 ? magnitude : -magnitude);
      assertThat(Float.compare(values[bits], expected)).as("bits %x", bits).isZero();
    }
  }

  @Test
  void shouldHaveTheReferencesBlockSizes() {
    assertThat(StorageType.Q4_1.bytes(64)).isEqualTo(40);
    assertThat(StorageType.Q8_0.bytes(32)).isEqualTo(34);
    assertThat(StorageType.Q6_K.bytes(512)).isEqualTo(420);
    assertThat(StorageType.BF16.bytes(3)).isEqualTo(6);
  }

  @Test
  void shouldReadTheFormatsThatModelsArePublishedIn() {
    assertThat(blockTypes().map(Enum::name))
        .contains("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL")
        .contains("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K");
  }

  @ParameterizedTest
  @EnumSource(names = {"IQ1_S", "IQ2_XXS", "IQ3_S", "TQ1_0", "MXFP4"})
  void shouldRefuseAFormatItCannotDecodeByName(StorageType type, @TempDir Path folder) {
    Path file = folder.resolve("model.gguf");
    int size = type.blockSize();
    new GgufWriter()
        .text("general.architecture", "llama")
        .unsigned("llama.block_count", 1)
        .unsigned("llama.embedding_length", size)
        .unsigned("llama.feed_forward_length", size)
        .unsigned("llama.context_length", 8)
        .unsigned("llama.attention.head_count", 1)
        .float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
        .tensor(
            "token_embd.weight",
            type,
            new long[] {1, size},
            channel -> channel.write(ByteBuffer.allocate(type.blockBytes())))
        .write(file);
    Checkpoint checkpoint = Checkpoint.open(file);
    assertThatThrownBy(() -> checkpoint.readFloats("model.embed_tokens.weight"))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_dtype_unsupported"))
        .hasMessageContaining("is stored as " + type)
        .hasMessageContaining("Q4_K");
  }
}
