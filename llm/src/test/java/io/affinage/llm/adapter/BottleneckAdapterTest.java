package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.bottleneck.BottleneckAdapter;
import io.affinage.llm.adapter.bottleneck.BottleneckConfig;
import io.affinage.llm.adapter.bottleneck.Nonlinearity;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BottleneckAdapterTest {
  private static final FamilyFixture FAMILY = FamilyFixture.named("qwen2");

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Nonlinearity.class)
  void shouldBeginAsTheBase(Nonlinearity nonLinearity) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, FAMILY.checkpoint(), Precision.FLOAT32);
        Adapter adapter =
            BottleneckAdapter.initialise(decoder, BottleneckConfig.houlsby(4, nonLinearity), 7)) {
      assertThat(logits(decoder, adapter)).isEqualTo(logits(decoder, decoder.withoutAdapter()));
      assertThatThrownBy(() -> PeftFolder.save(adapter, folder, "base"))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("adapter_is_zero"));
    }
  }

  private static float[] logits(Decoder decoder, BlockAdapter adapter) {
    try (Generator generator = new Generator(decoder, adapter)) {
      return generator.nextLogits(FAMILY.ids());
    }
  }

  @Test
  void shouldHaveAtLeastOneNumberInAWidth() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, FAMILY.checkpoint(), Precision.FLOAT32);
        Adapter adapter =
            BottleneckAdapter.initialise(
                decoder, BottleneckConfig.houlsby(1e6, Nonlinearity.RELU), 7)) {
      int hidden = decoder.shape().hiddenSize();
      assertThat(adapter.parameters().get(0).array().getShape().getShape())
          .containsExactly(1, hidden);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "reduction_factor, '\"16\"', adapter_config_invalid",
    "reduction_factor, 0, invalid_adapter",
    "non_linearity, '\"mish\"', adapter_config_invalid",
    "ln_before, true, adapter_config_unsupported",
    "scaling, 2.0, adapter_config_unsupported",
    "task_type, '\"TOKEN_CLS\"', adapter_config_unsupported",
    "mh_adapter, false, adapter_invalid"
  })
  void shouldRefuseWhatItDoesNotCompute(String field, String value, String code)
      throws IOException {
    Path written = fixture();
    ObjectNode json = PeftConfig.json(written);
    json.set(field, new ObjectMapper().readTree(value));
    PeftConfig.write(folder, json);
    PeftFolder.copyWeights(written, folder);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, FAMILY.checkpoint(), Precision.FLOAT32)) {
      assertThatThrownBy(() -> PeftFolder.load(decoder, folder))
          .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
  }

  private static Path fixture() {
    return AdapterFixture.all().stream()
        .filter(
            each ->
                each.method().equals("bottleneck") && each.family().name().equals(FAMILY.name()))
        .findFirst()
        .orElseThrow()
        .folder();
  }
}
