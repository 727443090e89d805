package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.Nf4Folder;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quantized folders against those of transformers with bitsandbytes, {@code nf4_fixtures.py}. */
class Nf4FolderTest {
  @TempDir Path folder;

  private static Path fixture(String family) {
    try {
      return Path.of(Nf4FolderTest.class.getResource("/nf4/" + family).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Nf4Folder folderOf(String family, boolean nested, long shardBytes) {
    FamilyFixture fixture = FamilyFixture.named(family);
    Checkpoint checkpoint = fixture.checkpoint();
    return new Nf4Folder(
        checkpoint,
        fixture.folder(),
        DecoderFiles.matrices(checkpoint),
        nested,
        "float32",
        shardBytes);
  }

  @ParameterizedTest
  @CsvSource({"llama3-rope, true", "gpt2, true", "phi3, false"})
  void shouldWriteTheBytesOfTransformers(String family, boolean nested) throws IOException {
    Path target = folder.resolve("quantized");
    folderOf(family, nested, Nf4Folder.SHARD_BYTES).write(target, (file, weights, of) -> {});

    assertThat(target.resolve("model.safetensors"))
        .hasSameBinaryContentAs(fixture(family).resolve("model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    JsonNode expected = json.readTree(fixture(family).resolve("config.json").toFile());
    JsonNode actual = json.readTree(target.resolve("config.json").toFile());
    assertThat(actual.get("quantization_config")).isEqualTo(expected.get("quantization_config"));
    assertThat(folder.resolve("quantized.part")).doesNotExist();
  }

  /** transformers' own folder, as plain weights and in NF4, gives the logits of its weights. */
  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "gpt2", "phi3"})
  void shouldComputeWhatTheReferenceComputes(String family) throws IOException {
    JsonNode golden = new ObjectMapper().readTree(fixture(family).resolve("golden.json").toFile());
    for (WeightForm form : List.of(WeightForm.PLAIN, WeightForm.NF4)) {
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder decoder =
              DecoderFiles.load(root, Checkpoint.open(fixture(family)), Precision.FLOAT32, form);
          Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
        for (int row = 0; row < golden.get("rows").size(); row++) {
          int[] ids = ints(golden.get("rows").get(row));
          float[] logits = generator.nextLogits(ids);
          JsonNode expected = golden.get("logits").get(row).get(ids.length - 1);
          for (int i = 0; i < logits.length; i++) {
            assertThat((double) logits[i])
                .as(form + " " + i)
                .isCloseTo(expected.get(i).asDouble(), within(1e-4));
          }
        }
      }
    }
  }

  private static int[] ints(JsonNode row) {
    int[] ids = new int[row.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = row.get(i).asInt();
    }
    return ids;
  }

  /** Quantized while it is opened, quantized before, or rounded: the same numbers. */
  @ParameterizedTest
  @EnumSource(names = {"NF4", "NF4_DOUBLE"})
  void shouldHaveTheSameNumbersHoweverItIsOpened(WeightForm form) {
    for (String family : List.of("gpt2", "qwen2", "gemma3-vision")) {
      Path target = folder.resolve(family);
      folderOf(family, form == WeightForm.NF4_DOUBLE, Nf4Folder.SHARD_BYTES)
          .write(target, (file, weights, of) -> {});
      Checkpoint plain = FamilyFixture.named(family).checkpoint();
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder onTheFly = DecoderFiles.load(root, plain, Precision.FLOAT32, form);
          Decoder stored =
              DecoderFiles.load(root, Checkpoint.open(target), Precision.FLOAT32, WeightForm.NF4);
          Decoder opened = DecoderFiles.load(root, Checkpoint.open(target), Precision.FLOAT32);
          Decoder rounded =
              DecoderFiles.load(root, DecoderFiles.rounded(plain, form), Precision.FLOAT32)) {
        List<float[]> expected = weights(onTheFly);
        for (Decoder each : List.of(stored, opened, rounded)) {
          assertThat(weights(each)).as(family).usingRecursiveComparison().isEqualTo(expected);
        }
      }
    }
  }

  /** bitsandbytes can be told to leave modules as they are. */
  @Test
  void shouldKeepWhatAFolderDoesNotQuantize() throws IOException {
    String skipped = "model.layers.1.self_attn.q_proj.weight";
    Checkpoint plain = FamilyFixture.named("llama3-rope").checkpoint();
    Checkpoint quantized = Checkpoint.open(fixture("llama3-rope"));
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : quantized.names()) {
      if (name.equals(skipped)) {
        writer.add(plain, plain.entry(name));
      } else if (quantized.entry(name).type() != StorageType.NF4) {
        writer.add(quantized, quantized.entry(name));
      }
    }
    // The parts of the others, by the names that their file has.
    Path file = fixture("llama3-rope").resolve("model.safetensors");
    try (var in = Files.newInputStream(file)) {
      JsonNode header = header(in.readAllBytes());
      for (var each : header.properties()) {
        String name = each.getKey();
        boolean part = name.contains("_proj.weight") && !name.startsWith(skipped);
        if (part) {
          addRaw(writer, name, each.getValue(), Files.readAllBytes(file));
        }
      }
    }
    writer.write(folder.resolve("model.safetensors"));
    Files.copy(fixture("llama3-rope").resolve("config.json"), folder.resolve("config.json"));
    Checkpoint mixed = Checkpoint.open(folder);

    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder asNumbers = DecoderFiles.load(root, mixed, Precision.FLOAT32);
        Decoder inNf4 = DecoderFiles.load(root, mixed, Precision.FLOAT32, WeightForm.NF4)) {
      assertThat(weights(inNf4)).usingRecursiveComparison().isEqualTo(weights(asNumbers));
      BlockWeights block = inNf4.blocks().acquire(1);
      block.forEach(
          (name, array) -> {
            if (name.equals(skipped)) {
              assertThat(inNf4.toFloats(array)).isEqualTo(plain.readFloats(skipped));
            }
          });
      inNf4.blocks().release(1);
      assertThatThrownBy(() -> DecoderFiles.stream(root, mixed, Precision.FLOAT32))
          .isInstanceOfSatisfying(
              LlmException.class,
              e -> assertThat(e.code()).isEqualTo("checkpoint_quantization_unsupported"))
          .hasMessageContaining("model.layers.1.");
    }
  }

  private static JsonNode header(byte[] file) throws IOException {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return new ObjectMapper().readTree(file, 8, length);
  }

  private static void addRaw(SafetensorsWriter writer, String name, JsonNode entry, byte[] file) {
    int data = 8 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    int from = entry.get("data_offsets").get(0).asInt();
    int to = entry.get("data_offsets").get(1).asInt();
    long[] shape = new long[entry.get("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = entry.get("shape").get(i).asLong();
    }
    writer.add(
        name,
        StorageType.valueOf(entry.get("dtype").asText()),
        shape,
        ByteBuffer.wrap(file, data + from, to - from).slice());
  }

  private static List<float[]> weights(Decoder decoder) {
    List<float[]> all = new ArrayList<>();
    decoder.forEachWeight((name, array) -> all.add(decoder.toFloats(array)));
    return all;
  }

  @Test
  void shouldGoOnWhereItWasEnded() throws IOException {
    Path target = folder.resolve("quantized");
    Nf4Folder writing = folderOf("llama3-rope", true, 12_000);
    assertThatThrownBy(
            () ->
                writing.write(
                    target,
                    (file, weights, of) -> {
                      throw new IllegalStateException("ended after " + weights + " of " + of);
                    }))
        .hasMessageMatching("ended after \\d+ of 21");
    assertThat(target).doesNotExist();
    Path part = folder.resolve("quantized.part");
    Path first = finished(part).get(0);
    FileTime then = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(first, then);
    // A disk that is full for the second file.
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "/dev/full is not here");
    Path second =
        part.resolve(first.getFileName().toString().replace("-00001-", "-00002-") + ".part");
    Files.createSymbolicLink(second, full);

    assertThatThrownBy(() -> writing.write(target, (file, weights, of) -> {}))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_not_written"))
        .hasMessageContaining("No space left");
    assertThat(target).doesNotExist();
    assertThat(finished(part)).containsExactly(first);

    List<Integer> progress = new ArrayList<>();
    writing.write(target, (file, weights, of) -> progress.add(weights));

    assertThat(progress).hasSizeGreaterThan(2).isSorted().endsWith(21);
    assertThat(Files.getLastModifiedTime(target.resolve(first.getFileName()))).isEqualTo(then);
    Checkpoint whole = Checkpoint.open(fixture("llama3-rope"));
    Checkpoint shards = Checkpoint.open(target);
    assertThat(shards.names()).isEqualTo(whole.names());
    for (String name : whole.names()) {
      assertThat(shards.readFloats(name)).as(name).isEqualTo(whole.readFloats(name));
    }
    assertThatThrownBy(() -> writing.write(target, (file, weights, of) -> {}))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_target_not_empty"));
  }

  private static List<Path> finished(Path part) throws IOException {
    try (var files = Files.list(part)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
  }
}
