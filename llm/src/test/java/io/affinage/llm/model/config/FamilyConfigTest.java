package io.affinage.llm.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The spellings of older configurations, and what is refused by name. */
class FamilyConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldHaveAFixtureAndAPlaceInTheReadmeForEveryArchitecture() throws IOException {
    Set<String> proven =
        FamilyFixture.all().stream()
            .flatMap(family -> family.checkpoint().config().architectures().stream())
            .collect(Collectors.toSet());
    String readme = Files.readString(Path.of("README.md"));
    for (Architecture architecture : Architecture.values()) {
      assertThat(proven).contains(architecture.className());
      assertThat(readme).contains("`" + architecture.className() + "`");
    }
    for (EnclosingModel whole : EnclosingModel.values()) {
      assertThat(proven).contains(whole.className());
      assertThat(readme).contains("`" + whole.className() + "`");
    }
  }

  /** As the 4B model's file says it, which leaves out most sizes. */
  @Test
  void shouldReadTheTextModelOfAModelWithImages() throws IOException {
    ObjectNode json =
        (ObjectNode)
            JSON.readTree(
                """
                {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
                 "eos_token_id": [1, 106], "torch_dtype": "bfloat16",
                 "text_config": {"hidden_size": 2560, "intermediate_size": 10240,
                   "model_type": "gemma3_text", "num_hidden_layers": 34, "sliding_window": 1024,
                   "rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
                 "vision_config": {"hidden_size": 1152}}""");

    DecoderConfig config = read(json);

    assertThat(config.architecture()).isEqualTo(Architecture.GEMMA3);
    assertThat(config.names().enclosing()).contains(EnclosingModel.GEMMA3);
    assertThat(config.shape())
        .isEqualTo(new DecoderShape(262_208, 2560, 10_240, 34, 8, 4, 256, 131_072, true));
    assertThat(config.rotary())
        .containsExactly(
            new RotaryEmbedding(256, 1_000_000, new RopeScaling.Linear(8)),
            new RotaryEmbedding(256, 10_000, RopeScaling.NONE));
    assertThat(config.attention().window()).isEqualTo(1024);
    assertThat(config.attention().scale()).isEqualTo(1.0 / 16);
    assertThat(config.layers())
        .extracting(LayerForm::windowed)
        .endsWith(true, false, true, true, true, true);
    assertThat(config.source().architectures()).containsExactly("Gemma3ForCausalLM");
    assertThat(config.source().text("torch_dtype")).isEqualTo("bfloat16");
    assertThat(config.source().field("vision_config")).isEmpty();
  }

  /** Rotary embeddings lay at the top level before transformers 5; layers had a pattern. */
  @Test
  void shouldReadGemma3AsOlderConfigurationsSpellIt() throws IOException {
    ObjectNode json = config("gemma3");
    DecoderConfig expected = read(json);
    json.remove(List.of("rope_parameters", "layer_types", "_sliding_window_pattern"));
    json.put("sliding_window_pattern", 3);
    json.put("rope_theta", 1000.0);
    json.put("rope_local_base_freq", 50.0);
    json.set("rope_scaling", JSON.readTree("{\"rope_type\": \"linear\", \"factor\": 4.0}"));

    DecoderConfig older = read(json);

    assertThat(older.rotary()).isEqualTo(expected.rotary()).hasSize(2);
    assertThat(older.layers())
        .isEqualTo(expected.layers())
        .containsExactly(new LayerForm(1, true), new LayerForm(1, true), new LayerForm(0, false));
  }

  @Test
  void shouldGiveGemma3ItsDefaults() throws IOException {
    ObjectNode json = config("gemma3");
    json.put("num_hidden_layers", 7);
    json.remove(
        List.of(
            "rope_parameters",
            "layer_types",
            "sliding_window_pattern",
            "query_pre_attn_scalar",
            "sliding_window"));

    DecoderConfig config = read(json);

    assertThat(config.rotary())
        .containsExactly(
            new RotaryEmbedding(8, 1_000_000, RopeScaling.NONE),
            new RotaryEmbedding(8, 10_000, RopeScaling.NONE));
    assertThat(config.layers())
        .extracting(LayerForm::windowed)
        .containsExactly(true, true, true, true, true, false, true);
    assertThat(config.attention().scale()).isEqualTo(1.0 / 16);
    assertThat(config.attention().window()).isEqualTo(4096);
  }

  @Test
  void shouldTakeGemmasGeluForItsApproximation() throws IOException {
    ObjectNode json = config("gemma");
    DecoderConfig expected = read(json);
    json.put("hidden_act", "gelu");
    json.put("hidden_activation", "gelu_pytorch_tanh");
    assertThat(read(json).feedForward())
        .isEqualTo(expected.feedForward())
        .isEqualTo(
            new FeedForwardForm(
                FeedForwardForm.Activation.GELU_TANH, FeedForwardForm.Gating.SEPARATE));
  }

  @Test
  void shouldReadGemma2WithoutLayerTypesAndCaps() throws IOException {
    ObjectNode json = config("gemma2");
    List<LayerForm> expected = read(json).layers();
    json.remove(List.of("layer_types", "attn_logit_softcapping", "final_logit_softcapping"));

    DecoderConfig config = read(json);

    assertThat(config.layers())
        .isEqualTo(expected)
        .containsExactly(new LayerForm(0, true), new LayerForm(0, false));
    assertThat(config.attention().scoreCap()).isEqualTo(50);
    assertThat(config.logitCap()).isEqualTo(30);
  }

  @Test
  void shouldRotateByIntervalOrList() throws IOException {
    ObjectNode json = config("smollm3");
    json.put("num_hidden_layers", 5);
    json.remove(List.of("layer_types", "no_rope_layers", "no_rope_layer_interval"));
    assertThat(rotary(json)).containsExactly(0, 0, 0, -1, 0);
    json.put("no_rope_layer_interval", 2);
    assertThat(rotary(json)).containsExactly(0, -1, 0, -1, 0);
    json.set("no_rope_layers", JSON.readTree("[0, 1, 1, 1, 0]"));
    assertThat(rotary(json)).containsExactly(-1, 0, 0, 0, -1);
  }

  /** As Qwen's instructions have it, in a file that transformers 5 wrote. */
  @Test
  void shouldHeedScalingThatWasAddedBesideRopeParameters() throws IOException {
    ObjectNode json = config("qwen2");
    json.set(
        "rope_scaling",
        JSON.readTree(
            "{\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 16}"));
    assertThat(read(json).rotary())
        .extracting(RotaryEmbedding::scaling)
        .singleElement()
        .isInstanceOfSatisfying(
            RopeScaling.Yarn.class, yarn -> assertThat(yarn.original()).isEqualTo(16));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gemma|hidden_act|'silu'|hidden_act 'silu' is not supported",
        "gemma2|use_bidirectional_attention|true|texts that are seen to their end",
        "gemma2|attn_logit_softcapping|0|attn_logit_softcapping is 0.0, but must be above 0",
        "gemma2|query_pre_attn_scalar|-1|query_pre_attn_scalar is -1.0, but must be above 0",
        "gemma2|hidden_activation|'relu'|hidden_activation 'relu' is not supported",
        "gemma2|rope_parameters|{'rope_type':'default','partial_rotary_factor':0.5}|rotates 4 of 8",
        "gemma3|attn_logit_softcapping|50|attn_logit_softcapping is set",
        "gemma3|rope_parameters|{'rope_type':'default'}|rope_parameters are the same for all layers",
        "gemma3|layer_types|['full_attention','chunked_attention','x']|'chunked_attention' for layer 1",
        "gemma3|architectures|['Gemma3nForCausalLM']|'Gemma3nForCausalLM' is not supported",
        "gemma3|architectures|['Gemma3ForConditionalGeneration']|needs text_config, an object",
        "gemma3-vision|text_config|{'model_type':'gemma3n_text'}|is 'gemma3n_text'; supported is gemma3_text",
        "gemma3-vision|text_config|{'hidden_size':0}|hidden_size must be a whole number",
        "gemma3-vision|quantization_config|{'bits':4}|weights quantized by other libraries",
        "qwen2|rope_parameters|{'rope_theta':'1e6'}|rope_theta is \"1e6\", but must be a number",
        "qwen2|rope_parameters|{'full_attention':{'rope_theta':5}}|has an object full_attention",
        "phi3|architectures|['PhimoeForCausalLM']|'PhimoeForCausalLM' is not supported",
        "phi3|rope_parameters|{'rope_type':'linear','factor':2}|rope_scaling 'linear' is not supported here; supported are default, longrope",
        "smollm3|no_rope_layers|[1]|no_rope_layers has 1 entries for 2 layers",
        "smollm3|layer_types|['sliding_attention','full_attention']|sliding_window"
      })
  void shouldRefuseByName(String family, String field, String value, String message)
      throws IOException {
    ObjectNode json = config(family);
    json.set(field, JSON.readTree(value.replace('\'', '"')));
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> read(json))
        .withMessageContaining(message);
  }

  private static List<Integer> rotary(ObjectNode json) {
    return read(json).layers().stream().map(LayerForm::rotary).toList();
  }

  private static DecoderConfig read(ObjectNode json) {
    return DecoderConfig.of(new ModelMetadata("config.json", json));
  }

  private static ObjectNode config(String family) {
    return FamilyFixture.named(family).checkpoint().config().json();
  }
}
