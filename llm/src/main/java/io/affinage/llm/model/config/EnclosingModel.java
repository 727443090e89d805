package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model that also reads images, whose text model is opened alone: its configuration is in {@code
 * text_config}, its weights lie among those for images.
 */
public enum EnclosingModel {
  GEMMA3(
      "Gemma3ForConditionalGeneration",
      "gemma3",
      Architecture.GEMMA3,
      Map.of(
          "vocab_size", 262_208,
          "hidden_size", 2304,
          "intermediate_size", 9216,
          "num_hidden_layers", 26,
          "num_attention_heads", 8,
          "num_key_value_heads", 4,
          "max_position_embeddings", 131_072));

  /** Where the text model's modules are, as transformers has them since 4.52. */
  private static final String TEXT_MODULES = "model.language_model.";

  /** Names in files, by the text model's own: those of the modules, and those before 4.52. */
  private static final List<Map.Entry<String, String>> SPELLINGS =
      List.of(
          Map.entry(TEXT_MODULES, "model."),
          Map.entry("language_model.model.", "model."),
          Map.entry("language_model.lm_head.", "lm_head."),
          Map.entry("lm_head.", "lm_head."));

  private static final List<String> IMAGE_PARTS = List.of("vision_tower", "multi_modal_projector");

  /** What the text model needs of the fields beside {@code text_config}. */
  private static final List<String> SHARED =
      List.of(
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "dtype",
          "torch_dtype",
          "transformers_version",
          "quantization_config");

  private final String className;
  private final String modelType;
  private final Architecture text;
  private final Map<String, Integer> textDefaults;

  EnclosingModel(
      String className, String modelType, Architecture text, Map<String, Integer> textDefaults) {
    this.className = className;
    this.modelType = modelType;
    this.text = text;
    this.textDefaults = textDefaults;
  }

  /** The class in {@code architectures}. */
  public String className() {
    return className;
  }

  static Optional<EnclosingModel> of(ModelMetadata config) {
    String named = Architecture.named(config);
    return Arrays.stream(values())
        .filter(each -> each.className.equals(named) || each.modelType.equals(named))
        .findFirst();
  }

  /** The text model's own family. */
  Architecture text() {
    return text;
  }

  /**
   * The text model's configuration as one of its own, with the sizes that such files leave out.
   *
   * @throws LlmException {@code config_invalid}, {@code model_architecture_unsupported}
   */
  ModelMetadata textConfig(ModelMetadata whole) {
    if (!(whole.json().path("text_config") instanceof ObjectNode json)) {
      throw new LlmException(
          "config_invalid",
          "%s: a %s needs text_config, an object".formatted(whole.source(), className));
    }
    String type = json.path("model_type").asText(text.modelType());
    if (!type.equals(text.modelType())) {
      throw new LlmException(
          "model_architecture_unsupported",
          "%s: the text model of a %s is '%s'; supported is %s"
              .formatted(whole.source(), className, type, text.modelType()));
    }
    json.putArray("architectures").add(text.className());
    json.put("model_type", text.modelType());
    textDefaults.forEach(
        (name, size) -> {
          if (!json.hasNonNull(name)) {
            json.put(name, size);
          }
        });
    SHARED.forEach(name -> whole.field(name).ifPresent(value -> json.set(name, value)));
    json.set("tie_word_embeddings", tied(whole, json));
    // The reference's class with images does not apply it.
    json.putNull("final_logit_softcapping");
    return new ModelMetadata(whole.source(), json);
  }

  /** What is said outside counts before what is said within. */
  private static JsonNode tied(ModelMetadata whole, ObjectNode text) {
    String name = "tie_word_embeddings";
    return whole
        .field(name)
        .orElseGet(
            () ->
                text.hasNonNull(name)
                    ? text.get(name)
                    : JsonNodeFactory.instance.booleanNode(true));
  }

  /**
   * The text model's name of a module or weight; empty for one that is not the text model's.
   *
   * @param stored as this model's files or PEFT name it
   */
  public Optional<String> textName(String stored) {
    return SPELLINGS.stream()
        .filter(spelling -> stored.startsWith(spelling.getKey()))
        .findFirst()
        .map(spelling -> spelling.getValue() + stored.substring(spelling.getKey().length()));
  }

  /** The part for images that a module or weight belongs to; empty where it is of none. */
  public Optional<String> imagePart(String stored) {
    String name = stored.startsWith("model.") ? stored.substring("model.".length()) : stored;
    return IMAGE_PARTS.stream().filter(part -> name.startsWith(part + ".")).findFirst();
  }

  /**
   * This model's name of a module of the text model.
   *
   * @param textName such as {@code model.layers.0.mlp.up_proj}
   */
  public String moduleName(String textName) {
    return TEXT_MODULES + textName.substring("model.".length());
  }

  /**
   * The regular expression by which PEFT finds linear layers of the text model, and none of those
   * for images, which are called alike.
   *
   * @param paths within a block, such as {@code self_attn.q_proj}
   */
  public String pattern(List<String> paths) {
    return ".*\\.language_model\\.layers\\.\\d+\\.(?:%s)"
        .formatted(String.join("|", paths).replace(".", "\\."));
  }
}
