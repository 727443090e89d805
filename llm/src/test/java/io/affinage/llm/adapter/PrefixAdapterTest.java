package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.prefix.PrefixAdapter;
import io.affinage.llm.adapter.prefix.PrefixConfig;
import io.affinage.llm.adapter.prefix.PrefixInitialisation;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixAdapterTest {
  @TempDir private Path folder;

  /** Keys and values are those that the model itself has after reading the text. */
  @ParameterizedTest
  @ValueSource(
      strings = {"qwen2", "gpt2", "gemma2", "gemma3", "gpt-neox", "qwen3-window", "smollm3"})
  void shouldBeginAsTheModelThatHasReadTheText(String name) {
    FamilyFixture family = FamilyFixture.named(name);
    int[] ids = family.ids();
    int[] read = Arrays.copyOf(ids, 5);
    int[] rest = Arrays.copyOfRange(ids, 5, ids.length);
    for (WeightForm form : new WeightForm[] {WeightForm.PLAIN, WeightForm.PACKED}) {
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32, form);
          Adapter adapter =
              PrefixAdapter.initialise(
                  decoder, new PrefixConfig(5), new PrefixInitialisation.Text(read), 1);
          Generator base = new Generator(decoder, decoder.withoutAdapter());
          Generator adapted = new Generator(decoder, adapter)) {
        assertThat(adapted.nextLogits(rest)).containsExactly(base.nextLogits(ids), within(1e-4f));
      }
    }
  }

  @Test
  void shouldRepeatATextThatIsShortAndCutOneThatIsLong() {
    FamilyFixture family = FamilyFixture.named("qwen2");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32)) {
      assertThat(values(decoder, 4, 7, 3)).isEqualTo(values(decoder, 4, 7, 3, 7, 3));
      assertThat(values(decoder, 4, 7, 3, 7, 3, 9)).isEqualTo(values(decoder, 4, 7, 3));
    }
  }

  private static float[] values(Decoder decoder, int tokens, int... text) {
    PrefixInitialisation initial = new PrefixInitialisation.Text(text);
    try (Adapter adapter =
        PrefixAdapter.initialise(decoder, new PrefixConfig(tokens), initial, 1)) {
      return adapter.stored().get(0).values();
    }
  }

  @Test
  void shouldBeginWithRandomNumbersOrZeros() {
    FamilyFixture family = FamilyFixture.named("qwen2");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        Adapter zeros =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.Zeros(), 1);
        Adapter words =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.SampledVocabulary(), 1);
        Adapter sameWords =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.SampledVocabulary(), 1);
        Adapter otherWords =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.SampledVocabulary(), 2);
        Adapter one =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.Random(), 1);
        Adapter same =
            PrefixAdapter.initialise(
                decoder, new PrefixConfig(2), new PrefixInitialisation.Random(), 1)) {
      assertThat(words.stored().get(0).values())
          .isEqualTo(sameWords.stored().get(0).values())
          .isNotEqualTo(otherWords.stored().get(0).values());
      assertThat(zeros.stored().get(0).values()).containsOnly(0);
      assertThat(one.stored().get(0).values())
          .isEqualTo(same.stored().get(0).values())
          .doesNotContain(0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "num_virtual_tokens, 4, adapter_invalid",
    "num_virtual_tokens, 1.5, adapter_config_invalid",
    "num_transformer_submodules, 2, adapter_config_unsupported",
    "peft_type, '\"CARTRIDGE\"', adapter_config_unsupported",
    "num_frozen_tokens, 1, adapter_config_unsupported"
  })
  void shouldRefuseWhatItDoesNotCompute(String field, String value, String code)
      throws IOException {
    changed(field, value);
    FamilyFixture family = FamilyFixture.named("qwen2");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32)) {
      assertThatThrownBy(() -> PeftFolder.load(decoder, folder))
          .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
  }

  /** PEFT stores what the projection came to. */
  @Test
  void shouldReadWhatAProjectionCameTo() throws IOException {
    changed("prefix_projection", "true");
    FamilyFixture family = FamilyFixture.named("qwen2");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, folder)) {
      assertThat(adapter.peftConfig("base").get("prefix_projection").booleanValue()).isFalse();
    }
  }

  private void changed(String field, String value) throws IOException {
    Path written =
        AdapterFixture.all().stream()
            .filter(each -> each.method().equals("prefix_tuning"))
            .filter(each -> each.family().name().equals("qwen2"))
            .findFirst()
            .orElseThrow()
            .folder();
    ObjectNode json = PeftConfig.json(written);
    json.set(field, new ObjectMapper().readTree(value));
    PeftConfig.write(folder, json);
    PeftFolder.copyWeights(written, folder);
  }
}
