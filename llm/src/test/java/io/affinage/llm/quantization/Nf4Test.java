package io.affinage.llm.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Codes, scales and values against those of bitsandbytes, {@code nf4_fixtures.py}. */
class Nf4Test {

  @TestFactory
  Stream<DynamicTest> isBitsandbytesToTheBit() throws IOException {
    JsonNode all;
    try (InputStream in = Nf4Test.class.getResourceAsStream("/nf4/values.json")) {
      all = new ObjectMapper().readTree(in);
    }
    return Stream.concat(
        StreamSupport.stream(all.get("cases").spliterator(), false)
            .map(
                each ->
                    DynamicTest.dynamicTest(
                        each.get("count").asInt() + " " + each.get("dtype").asText(),
                        () ->
                            check(
                                each,
                                numbers(
                                    each.get("count").asInt(),
                                    each.get("seed").asInt(),
                                    each.get("dtype").asText())))),
        StreamSupport.stream(all.get("hand").spliterator(), false)
            .map(
                each ->
                    DynamicTest.dynamicTest(
                        each.get("name").asText(), () -> check(each, values(each)))));
  }

  private static void check(JsonNode expected, float[] values) {
    assertThat(digest(values)).as("input").isEqualTo(expected.get("input").asText());
    byte[] packed = new byte[(int) Nf4.bytes(values.length)];
    var plain = new BlockScales.Plain(new float[(int) Nf4.blocks(values.length)]);
    Nf4.encode(values, values.length, packed, plain.values(), 0);
    BlockScales.Nested nested = BlockScales.Nested.of(plain);

    assertThat(digest(packed)).as("codes").isEqualTo(expected.get("packed").asText());
    assertThat(digest(plain.values())).as("scales").isEqualTo(expected.get("scales").asText());
    assertThat((double) nested.mean()).as("mean").isEqualTo(expected.get("mean").asDouble());
    assertThat(digest(nested.codes())).as("nested codes").isEqualTo(expected.get("codes").asText());
    assertThat(digest(nested.magnitudes()))
        .as("magnitudes")
        .isEqualTo(expected.get("magnitudes").asText());
    for (BlockScales scales : new BlockScales[] {plain, nested}) {
      String kind = scales == plain ? "plain_" : "nested_";
      float[] decoded = new float[values.length];
      Nf4.decode(packed, scales, 0, values.length, decoded, 0);
      assertThat(digest(decoded))
          .as(kind + "float32")
          .isEqualTo(expected.get(kind + "float32").asText());
      if (expected.has(kind + "bfloat16")) {
        assertThat(digest(asBfloat16(decoded)))
            .as(kind + "bfloat16")
            .isEqualTo(expected.get(kind + "bfloat16").asText());
      }
    }
  }

  private static float[] values(JsonNode hand) {
    float[] values = new float[hand.get("values").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) hand.get("values").get(i).asDouble();
    }
    return values;
  }

  /** As {@code numbers} of the script, in the precision that is named. */
  private static float[] numbers(int count, int seed, String type) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float total = 0;
      for (int k = 0; k < 4; k++) {
        long h = (i * 2654435761L + (seed + k) * 40503L + 12345L) & 0xFFFFFFFFL;
        h ^= h >>> 15;
        h = h * 2246822519L & 0xFFFFFFFFL;
        h ^= h >>> 13;
        total = total + ((h >>> 8) * 0x1p-24f - 0.5f);
      }
      float value = total * (0.01f * (1f + i / 64 % 7));
      values[i] =
          switch (type) {
            case "bfloat16" -> Float.intBitsToFloat(bfloat16(value) << 16);
            case "float16" -> nearestHalf(value);
            default -> value;
          };
    }
    return values;
  }

  /** To the nearest number of 11 significant bits; those here are none of the smallest. */
  private static float nearestHalf(float value) {
    float unit = Math.max(0x1p-24f, Math.ulp(value) * 0x1p13f);
    return (float) Math.rint(value / unit) * unit;
  }

  private static int bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
  }

  private static byte[] asBfloat16(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort((short) bfloat16(value));
    }
    return bytes.array();
  }

  private static String digest(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return digest(bytes.array());
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
