package io.affinage.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that transformers and bitsandbytes quantized, {@code nf4_fixtures.py}. */
class Nf4CheckpointTest {
  private static final String WEIGHT = "model.layers.0.self_attn.q_proj.weight";

  @TempDir Path folder;

  private static Path fixture(String name) {
    try {
      return Path.of(Nf4CheckpointTest.class.getResource("/nf4/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "qwen2", "gpt2", "phi3"})
  void shouldReadWhatBitsandbytesReads(String family) throws IOException {
    Path path = fixture(family);
    JsonNode layers =
        new ObjectMapper().readTree(path.resolve("golden.json").toFile()).get("layers");
    Checkpoint checkpoint = Checkpoint.open(path);
    assertThat(layers.size())
        .isEqualTo(family.equals("llama3-rope") || family.equals("qwen2") ? 14 : 8);
    for (Map.Entry<String, JsonNode> layer : layers.properties()) {
      String name = layer.getKey() + ".weight";
      assertThat(checkpoint.entry(name).type()).isEqualTo(StorageType.NF4);
      assertThat(digest(checkpoint.readFloats(name))).as(name).isEqualTo(layer.getValue().asText());
    }
    assertThat(checkpoint.names())
        .noneMatch(name -> name.contains("quant") || name.contains("absmax"));
    assertThat(checkpoint.config().field("quantization_config")).isEmpty();
  }

  @Test
  void shouldReadRowsAsItReadsAll() {
    Checkpoint checkpoint = Checkpoint.open(fixture("llama3-rope"));
    TensorEntry entry = checkpoint.entry("model.layers.1.mlp.gate_proj.weight");
    float[] all = checkpoint.readFloats(entry.name());
    float[] some = new float[5 * 16];
    checkpoint.readRows(entry, 7, 5, FloatBuffer.wrap(some));
    assertThat(some).isEqualTo(Arrays.copyOfRange(all, 7 * 16, 12 * 16));
  }

  /** What is wrong with a file is said, with the tensor. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blocksize | checkpoint_quantization_unsupported | has blocksize 128, but only 64 is read",
        "nested blocksize | checkpoint_quantization_unsupported | has nested_blocksize 128, but only"
            + " 256 is read",
        "type | checkpoint_quantization_unsupported | is of another type than NF4",
        "json | checkpoint_quantization_unsupported | is no JSON",
        "offset | checkpoint_quantization_unsupported | has the nested_offset \"NaN\"",
        "no absmax | checkpoint_quantization_invalid | but no tensor " + WEIGHT + ".absmax",
        "no nested | checkpoint_quantization_invalid | but no tensor " + WEIGHT + ".nested_absmax",
        "no state | checkpoint_quantization_invalid | has scales of "
            + WEIGHT
            + ", but no tensor "
            + WEIGHT
            + ".quant_state",
        "short absmax | checkpoint_quantization_invalid | has 3 numbers of U8, but its quantization"
            + " says 4",
        "short codes | checkpoint_quantization_invalid | has 127 numbers of U8, but its"
            + " quantization says 128",
        "map | checkpoint_quantization_unsupported | has 0.5 at 3",
        "int8 | checkpoint_quantization_unsupported | Int8",
        "nan | checkpoint_not_finite | nested_absmax has NaN at [0]"
      })
  void shouldSayWhatIsWrong(String damage, String code, String message) {
    SafetensorsCheckpoint sound =
        SafetensorsCheckpoint.single(fixture("llama3-rope").resolve("model.safetensors"));
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : sound.names()) {
      TensorEntry entry = sound.entry(name);
      String part = name.startsWith(WEIGHT) ? name.substring(WEIGHT.length()) : "none";
      switch (damage + part) {
        case "blocksize.quant_state.bitsandbytes__nf4" ->
            text(writer, entry, "\"blocksize\": 64", "\"blocksize\": 128", sound);
        case "nested blocksize.quant_state.bitsandbytes__nf4" ->
            text(writer, entry, "\"nested_blocksize\": 256", "\"nested_blocksize\": 128", sound);
        case "json.quant_state.bitsandbytes__nf4" -> text(writer, entry, "}", "", sound);
        case "offset.quant_state.bitsandbytes__nf4" ->
            text(
                writer, entry, "\"nested_offset\": ", "\"nested_offset\": \"NaN\", \"x\": ", sound);
        case "type.quant_state.bitsandbytes__nf4" ->
            writer.add(
                WEIGHT + ".quant_state.bitsandbytes__fp4",
                entry.type(),
                entry.shape(),
                sound.bytes(entry));
        case "no absmax.absmax",
            "no nested.nested_absmax",
            "no state.quant_state.bitsandbytes__nf4" -> {
          // left out
        }
        case "short absmax.absmax", "short codes" -> {
          long[] shape = entry.shape();
          shape[0]--;
          writer.add(name, entry.type(), shape, sound.bytes(entry, 0, (int) shape[0]));
        }
        case "map.quant_map" -> {
          float[] values = sound.readFloats(name);
          values[3] = 0.5f;
          writer.add(name, values, values.length);
        }
        case "nan.nested_absmax" -> writer.add(name, new float[] {Float.NaN}, 1);
        default -> writer.add(sound, entry);
      }
    }
    if (damage.equals("int8")) {
      writer.add("model.layers.0.mlp.up_proj.SCB", new float[] {1}, 1);
    }
    Path file = folder.resolve("model.safetensors");
    writer.write(file);

    assertThatThrownBy(() -> Checkpoint.open(file).readFloats(WEIGHT))
        .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message)
        .hasMessageContaining("model.safetensors");
  }

  /** Scales that are not quantized themselves, as a file of another tool may have them. */
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void shouldSayThatAScaleIsNoNumber(float scale) {
    SafetensorsCheckpoint sound =
        SafetensorsCheckpoint.single(fixture("phi3").resolve("model.safetensors"));
    String weight = "model.layers.0.self_attn.qkv_proj.weight";
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : sound.names()) {
      if (name.equals(weight + ".absmax")) {
        float[] scales = sound.readFloats(name);
        scales[2] = scale;
        writer.add(name, scales, scales.length);
      } else {
        writer.add(sound, sound.entry(name));
      }
    }
    Path file = folder.resolve("model.safetensors");
    writer.write(file);

    assertThatThrownBy(() -> Checkpoint.open(file).readFloats(weight))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_not_finite"))
        .hasMessageContaining(file + ": tensor " + weight + ".absmax has " + scale + " at [2]");
  }

  private static void text(
      SafetensorsWriter writer,
      TensorEntry entry,
      String from,
      String to,
      SafetensorsCheckpoint sound) {
    byte[] bytes = new byte[(int) entry.byteLength()];
    sound.bytes(entry).get(bytes);
    byte[] changed =
        new String(bytes, StandardCharsets.UTF_8)
            .replace(from, to)
            .getBytes(StandardCharsets.UTF_8);
    writer.add(entry.name(), entry.type(), new long[] {changed.length}, ByteBuffer.wrap(changed));
  }

  @ParameterizedTest
  @CsvSource({
    "0.147522, 0.147522",
    "1e-5, 1e-05",
    "1.25e-7, 1.25e-07",
    "0.0001, 0.0001",
    "3, 3.0",
    "0, 0.0"
  })
  void shouldWriteNumbersAsPythonDoes(double value, String text) {
    assertThat(Nf4State.python(value)).isEqualTo(text);
  }

  @Test
  void shouldWriteAFloatWithTheDigitsOfADouble() {
    assertThat(Nf4State.python(0.14752279222011566f)).isEqualTo("0.14752279222011566");
  }

  private static String digest(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
