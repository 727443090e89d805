package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.text.SharedData;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every option of PEFT's LoraConfig is honoured, changes nothing, or is refused by its name. */
class LoraOptionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a value other than the default does to an adapter that is loaded. */
  private enum Kind {
    /** Changes what is computed or trained, as in PEFT. */
    HONOURED,
    /** Changes nothing in PEFT either once the adapter is written. */
    HARMLESS,
    REFUSED
  }

  /** An option with a value other than its default. */
  private record Option(String name, Kind kind, String value) {
    @Override
    public String toString() {
      return "%s = %s is %s".formatted(name, value, kind);
    }
  }

  private static final List<Option> OPTIONS =
      List.of(
          new Option("r", Kind.HONOURED, "4"),
          new Option("target_modules", Kind.HONOURED, "['q_proj']"),
          new Option("lora_alpha", Kind.HONOURED, "7"),
          new Option("lora_dropout", Kind.HONOURED, "0.25"),
          new Option("use_rslora", Kind.HONOURED, "false"),
          new Option("init_lora_weights", Kind.HARMLESS, "'gaussian'"),
          new Option("use_dora", Kind.HONOURED, "true"),
          new Option("fan_in_fan_out", Kind.HARMLESS, "true"),
          new Option("megatron_core", Kind.HARMLESS, "'other.core'"),
          new Option("qalora_group_size", Kind.HARMLESS, "32"),
          new Option("runtime_config", Kind.HARMLESS, "{'ephemeral_gpu_offload': true}"),
          new Option("eva_config", Kind.HARMLESS, "{'rho': 2.0, 'tau': 0.99}"),
          new Option("auto_mapping", Kind.HARMLESS, "{'base_model_class': 'LlamaForCausalLM'}"),
          new Option("peft_version", Kind.HARMLESS, "'99.0'"),
          new Option("base_model_name_or_path", Kind.HARMLESS, "'owner/name'"),
          new Option("revision", Kind.HARMLESS, "'main'"),
          new Option("inference_mode", Kind.HARMLESS, "false"),
          new Option("peft_type", Kind.REFUSED, "'ADALORA'"),
          new Option("task_type", Kind.REFUSED, "'TOKEN_CLS'"),
          new Option("exclude_modules", Kind.REFUSED, "['lm_head']"),
          new Option("bias", Kind.REFUSED, "'all'"),
          new Option("modules_to_save", Kind.REFUSED, "['embed_tokens']"),
          new Option("layers_to_transform", Kind.REFUSED, "[0]"),
          new Option("layers_pattern", Kind.REFUSED, "'layers'"),
          new Option("rank_pattern", Kind.REFUSED, "{'q_proj': 2}"),
          new Option("alpha_pattern", Kind.REFUSED, "{'q_proj': 2}"),
          new Option("megatron_config", Kind.REFUSED, "{'a': 1}"),
          new Option("trainable_token_indices", Kind.REFUSED, "[1, 2]"),
          new Option("loftq_config", Kind.REFUSED, "{'loftq_bits': 4}"),
          new Option("corda_config", Kind.REFUSED, "{'corda_method': 'ipm'}"),
          new Option("lora_ga_config", Kind.REFUSED, "{'direction': 'ArB2r'}"),
          new Option("velora_config", Kind.REFUSED, "{'num_groups': 64}"),
          new Option("alora_invocation_tokens", Kind.REFUSED, "[5]"),
          new Option("use_qalora", Kind.REFUSED, "true"),
          new Option("monteclora_config", Kind.REFUSED, "{'num_samples': 8}"),
          new Option("layer_replication", Kind.REFUSED, "[[0, 2]]"),
          new Option("lora_bias", Kind.REFUSED, "true"),
          new Option("target_parameters", Kind.REFUSED, "['mlp.experts']"),
          new Option("use_bdlora", Kind.REFUSED, "{'nblocks': 2}"),
          new Option("arrow_config", Kind.REFUSED, "{'top_k': 3}"),
          new Option("kasa_config", Kind.REFUSED, "{'beta': 0.1}"),
          new Option("ensure_weight_tying", Kind.REFUSED, "true"));

  private static NDManager root;
  private static Decoder decoder;
  private static Path adapter;

  @TempDir Path folder;

  @BeforeAll
  static void open() throws URISyntaxException {
    Path fixture = Path.of(LoraOptionsTest.class.getResource("/peft").toURI());
    adapter = fixture.resolve("adapter");
    root = NDManager.newBaseManager("PyTorch");
    decoder = DecoderFiles.load(root, Checkpoint.open(fixture.resolve("base")), Precision.FLOAT32);
  }

  @AfterAll
  static void close() {
    decoder.close();
    root.close();
  }

  static List<Option> options() {
    return OPTIONS;
  }

  /** A new option of PEFT is one more line of the table above, not something that is overlooked. */
  @Test
  void shouldKnowEveryOptionOfPeft() throws IOException {
    String keys = Files.readString(SharedData.path("reference/peft-0.21.2-keys.md"));
    Matcher lora = Pattern.compile("\\*\\*LoraConfig\\*\\* \\(lora\\): (.*)").matcher(keys);
    assertThat(lora.find()).isTrue();
    Set<String> expected = new TreeSet<>();
    for (String field : lora.group(1).split("; ")) {
      expected.add(field.substring(0, field.indexOf('=')));
    }
    Matcher common = Pattern.compile("Common to all: (.*)\\.").matcher(keys);
    assertThat(common.find()).isTrue();
    expected.addAll(List.of(common.group(1).split(" ")));
    assertThat(OPTIONS).extracting(Option::name).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void shouldRefuseEveryOtherTypeOfPeft() throws IOException {
    String keys = Files.readString(SharedData.path("reference/peft-0.21.2-keys.md"));
    Matcher types = Pattern.compile("\\*\\*\\w+Config\\*\\* \\((\\w+)\\)").matcher(keys);
    Set<String> found = new TreeSet<>();
    while (types.find()) {
      if (!Set.of("lora", "ia3", "prompt_tuning", "prefix_tuning").contains(types.group(1))) {
        found.add(types.group(1).toUpperCase(java.util.Locale.ROOT));
      }
    }
    assertThat(found).hasSizeGreaterThan(40);
    for (String type : found) {
      LlmException refusal = refusal(new Option("peft_type", Kind.REFUSED, "'" + type + "'"));
      assertThat(refusal).hasMessageContaining("peft_type " + type);
    }
  }

  @ParameterizedTest
  @MethodSource("options")
  void shouldHonourOrRefuse(Option option) throws IOException {
    Map<String, float[]> usual;
    LoraConfig before;
    try (LoraAdapter loaded = (LoraAdapter) PeftFolder.load(decoder, adapter)) {
      usual = matrices(loaded);
      before = loaded.config();
    }
    if (option.kind() == Kind.REFUSED) {
      LlmException refusal = refusal(option);
      assertThat(refusal).hasMessageContaining(option.name());
      assertThat(refusal.code()).isEqualTo("adapter_config_unsupported");
      return;
    }
    Path changed = changed(option);
    if (Set.of("r", "target_modules", "use_dora").contains(option.name())) {
      // The file's matrices are of another rank, of more modules, or without lengths of rows.
      assertThat(catchThrowableOfType(LlmException.class, () -> PeftFolder.load(decoder, changed)))
          .extracting(LlmException::code)
          .isEqualTo("adapter_invalid");
      return;
    }
    try (LoraAdapter loaded = (LoraAdapter) PeftFolder.load(decoder, changed)) {
      assertThat(matrices(loaded)).usingRecursiveComparison().isEqualTo(usual);
      assertThat(loaded.config().equals(before)).isEqualTo(option.kind() == Kind.HARMLESS);
    }
  }

  /** The same modules of a model of another size. */
  @Test
  void shouldRefuseAnAdapterOfAnotherBase() {
    Path other = FamilyFixture.named("llama3-rope").folder();
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder narrower = DecoderFiles.load(root, Checkpoint.open(other), Precision.FLOAT32)) {
      LlmException refusal =
          catchThrowableOfType(LlmException.class, () -> PeftFolder.load(narrower, adapter));
      assertThat(refusal.code()).isEqualTo("adapter_invalid");
      assertThat(refusal).hasMessageContaining("but the base model needs");
    }
  }

  /** PEFT takes the first product out of the base's weights, or trains otherwise. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "pissa",
        "pissa_niter_4",
        "olora",
        "corda",
        "loftq",
        "lora_ga",
        "mica",
        "PiSSA",
        "of_the_future"
      })
  void shouldRefuseAnInitialisationThatChangesTheBase(String init) throws IOException {
    LlmException refusal = refusal(new Option("init_lora_weights", Kind.REFUSED, "'" + init + "'"));
    assertThat(refusal.code()).isEqualTo("adapter_config_unsupported");
    assertThat(refusal).hasMessageContaining("init_lora_weights = " + init);
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false", "'gaussian'", "'Gaussian'", "'orthogonal'", "'eva'"})
  void shouldTakeAnInitialisationOfTheMatricesAlone(String init) throws IOException {
    try (Adapter loaded =
        PeftFolder.load(decoder, changed(new Option("init_lora_weights", Kind.HARMLESS, init)))) {
      assertThat(loaded.nothingLearned()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void shouldRefuseWhatIsNoNumber(float value) throws IOException {
    Path weights = folder.resolve("adapter_model.safetensors");
    Files.copy(adapter.resolve(PeftConfig.FILE), folder.resolve(PeftConfig.FILE));
    Checkpoint stored = Checkpoint.open(adapter.resolve("adapter_model.safetensors"));
    List<String> names = new ArrayList<>(stored.names());
    String damaged = names.get(names.size() - 1);
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : names) {
      float[] values = stored.readFloats(name);
      if (name.equals(damaged)) {
        values[(int) stored.entry(name).rowElements() + 1] = value;
      }
      writer.add(name, values, stored.entry(name).shape());
    }
    writer.write(weights);

    LlmException refusal =
        catchThrowableOfType(LlmException.class, () -> PeftFolder.load(decoder, folder));

    assertThat(refusal.code()).isEqualTo("adapter_not_finite");
    assertThat(refusal)
        .hasMessageContaining(damaged + " has " + value + " at [1, 1]")
        .hasMessageContaining(weights.toString());
  }

  private LlmException refusal(Option option) throws IOException {
    Path changed = changed(option);
    LlmException refusal =
        catchThrowableOfType(LlmException.class, () -> PeftFolder.load(decoder, changed));
    assertThat(refusal).as(option.toString()).isNotNull();
    return refusal;
  }

  private Path changed(Option option) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(adapter.resolve(PeftConfig.FILE).toFile());
    JsonNode value = JSON.readTree(option.value().replace('\'', '"'));
    json.set(option.name(), value);
    JSON.writeValue(folder.resolve(PeftConfig.FILE).toFile(), json);
    Path weights = folder.resolve("adapter_model.safetensors");
    if (!Files.exists(weights)) {
      Files.copy(adapter.resolve("adapter_model.safetensors"), weights);
    }
    return folder;
  }

  private static Map<String, float[]> matrices(LoraAdapter loaded) {
    Map<String, float[]> matrices = new TreeMap<>();
    loaded
        .parameters()
        .forEach(parameter -> matrices.put(parameter.key(), parameter.array().toFloatArray()));
    return matrices;
  }
}
