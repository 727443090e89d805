package io.affinage.llm.checkpoint;

import io.affinage.llm.fuzz.Fuzzing;
import io.affinage.llm.fuzz.Mutator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Model files that lie: read or refused with a code, in memory bounded by the file's size. */
@Timeout(value = 30, unit = TimeUnit.MINUTES) // against a hang, not for speed
class CheckpointFuzzTest {
  private static final Set<String> CODES = Set.of("checkpoint_", "config_", "model_");

  /** Bytes of a GGUF file before its weights, most of the time where a mutation falls. */
  private static final Map<String, Integer> HEADERS =
      Map.of("tiny.gguf", 6200, "../families/qwen3/model.gguf", 2200);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny.gguf",
        "../families/qwen3/model.gguf",
        "plain.safetensors",
        "dequantized.safetensors"
      })
  void shouldReadOrRefuseWeights(String name) throws Exception {
    byte[] sound = Files.readAllBytes(Fixtures.fixture(name));
    boolean gguf = name.endsWith(".gguf");
    int header =
        gguf
            ? HEADERS.get(name)
            : (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong() + 8;
    var mutator = new Mutator(11);
    Fuzzing.run(
        name,
        1500,
        CODES,
        64,
        1 << 20,
        () -> mutator.binary(sound, header),
        content -> {
          MappedFile file = MappedFile.of(Path.of(name), content);
          Checkpoint checkpoint =
              gguf
                  ? new GgufCheckpoint(GgufFile.read(file))
                  : SafetensorsCheckpoint.of(SafetensorsFile.read(file));
          for (String tensor : checkpoint.names()) {
            if (checkpoint.entry(tensor).type().isReadableAsFloat()) {
              checkpoint.readFloats(tensor);
            }
          }
          checkpoint.tokenizer();
        });
  }

  @Test
  void shouldReadOrRefuseAnIndexOfShards() throws Exception {
    String index =
        """
        {"metadata": {"total_size": 1234}, "weight_map": {
          "model.embed_tokens.weight": "model-00001-of-00002.safetensors",
          "model.norm.weight": "model-00002-of-00002.safetensors"}}
        """;
    fuzzText("index", index, "model.safetensors.index.json", file -> SafetensorsIndex.read(file));
  }

  @Test
  void shouldReadOrRefuseAnAdaptersConfiguration() throws Exception {
    fuzzText(
        "adapter_config",
        Files.readString(Fixtures.fixture("adapter_config.json")),
        PeftConfig.FILE,
        file -> PeftConfig.read(folder));
  }

  private interface FileReading {
    void read(Path file);
  }

  private void fuzzText(String kind, String sound, String name, FileReading reading)
      throws Exception {
    var mutator = new Mutator(12);
    byte[] bytes = sound.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve(name);
    Fuzzing.run(
        kind,
        1000,
        Set.of("checkpoint_", "config_", "adapter_"),
        256,
        1 << 20,
        () -> mutator.text(bytes),
        content -> {
          Files.write(file, content);
          reading.read(file);
        });
  }
}
