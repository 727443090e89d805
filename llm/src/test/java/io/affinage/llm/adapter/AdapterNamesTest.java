package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters of a model with images, by the names that they are found under. */
class AdapterNamesTest {
  private static final FamilyFixture FAMILY = FamilyFixture.named("gemma3-vision");
  private static final String WEIGHTS = "adapter_model.safetensors";

  @TempDir private Path folder;

  /** Before transformers 4.52, since then, and of the text model by itself. */
  @ParameterizedTest
  @ValueSource(strings = {"language_model.model.", "model.language_model.", "model."})
  void shouldFindTheLayersOfTheTextModelByEveryName(String prefix) throws IOException {
    Map<String, float[]> found = load(prefix, "vision_tower.encoder.layers.0.self_attn.q_proj");

    Map<String, float[]> expected = new TreeMap<>();
    Checkpoint original = Checkpoint.open(FAMILY.adapter().resolve(WEIGHTS));
    original.names().forEach(name -> expected.put(name, original.readFloats(name)));
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, values) -> assertThat(found.get(name)).isEqualTo(values));
  }

  @Test
  void shouldRefuseMatricesOfUnknownModules() {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> load("model.language_model.", "audio_tower.layers.0.q_proj"))
        .withMessageContaining("no place for")
        .withMessageContaining("audio_tower");
  }

  /** The fixture's adapter under other names, with a matrix beside another layer. */
  private Map<String, float[]> load(String prefix, String more) throws IOException {
    Checkpoint original = Checkpoint.open(FAMILY.adapter().resolve(WEIGHTS));
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : original.names()) {
      writer.add(
          name.replace("model.language_model.", prefix),
          original.readFloats(name),
          original.entry(name).shape());
    }
    writer.add(
        "base_model.model.model." + more + ".lora_A.weight", new float[] {1, 2}, new long[] {1, 2});
    writer.write(folder.resolve(WEIGHTS));
    Files.copy(
        FAMILY.adapter().resolve("adapter_config.json"), folder.resolve("adapter_config.json"));
    Map<String, float[]> found = new TreeMap<>();
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, FAMILY.checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, folder)) {
      adapter.parameters().forEach(each -> found.put(each.key(), each.array().toFloatArray()));
    }
    return found;
  }
}
