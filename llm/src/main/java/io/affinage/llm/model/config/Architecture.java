package io.affinage.llm.model.config;

import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The supported families, by the names that {@code config.json} gives them. */
public enum Architecture {
  LLAMA("LlamaForCausalLM", "llama", LlamaFamily::llama),
  MISTRAL("MistralForCausalLM", "mistral", LlamaFamily::mistral),
  QWEN2("Qwen2ForCausalLM", "qwen2", LlamaFamily::qwen2),
  QWEN3("Qwen3ForCausalLM", "qwen3", LlamaFamily::qwen3),
  SMOLLM3("SmolLM3ForCausalLM", "smollm3", LlamaFamily::smollm3),
  GEMMA("GemmaForCausalLM", "gemma", GemmaFamily::gemma),
  GEMMA2("Gemma2ForCausalLM", "gemma2", GemmaFamily::gemma2),
  GEMMA3("Gemma3ForCausalLM", "gemma3_text", GemmaFamily::gemma3),
  PHI3("Phi3ForCausalLM", "phi3", Phi3Family::phi3),
  GPT2("GPT2LMHeadModel", "gpt2", Gpt2Family::gpt2),
  GPT_NEOX("GPTNeoXForCausalLM", "gpt_neox", GptNeoxFamily::gptNeox);

  private static final String CLASSIFIER = "ForSequenceClassification";

  private final String className;
  private final String modelType;
  private final Function<ConfigFields, ConfigDraft> reader;

  Architecture(String className, String modelType, Function<ConfigFields, ConfigDraft> reader) {
    this.className = className;
    this.modelType = modelType;
    this.reader = reader;
  }

  /** The class in {@code architectures}, such as {@code LlamaForCausalLM}. */
  public String className() {
    return className;
  }

  /**
   * The class of the same model with a head of scores in place of the language model's, such as
   * {@code LlamaForSequenceClassification}.
   */
  public String classifierName() {
    return switch (this) {
      case GPT2 -> "GPT2" + CLASSIFIER;
      case GEMMA3 -> "Gemma3Text" + CLASSIFIER; // without Text it takes images
      default -> className.substring(0, className.length() - "ForCausalLM".length()) + CLASSIFIER;
    };
  }

  /** The family whose models with a head of scores have this class. */
  public static Optional<Architecture> ofClassifier(String className) {
    return Arrays.stream(values())
        .filter(each -> each.classifierName().equals(className))
        .findFirst();
  }

  /** The {@code model_type}, such as {@code llama}. */
  public String modelType() {
    return modelType;
  }

  /**
   * The family of a configuration: by {@code architectures}, or by {@code model_type} where there
   * is none.
   *
   * @throws LlmException {@code model_architecture_unsupported}; {@code model_is_reward_model} for
   *     one with a head of scores
   */
  static Architecture of(ModelMetadata config) {
    String named = named(config);
    if (ofClassifier(named).isPresent()) {
      throw new LlmException(
          "model_is_reward_model",
          "%s: a %s is a reward model: it scores texts, and has no head to write or predict them with"
              .formatted(config.source(), named));
    }
    return Arrays.stream(values())
        .filter(each -> each.className.equals(named) || each.modelType.equals(named))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "model_architecture_unsupported",
                    "%s: architecture '%s' is not supported; supported are %s"
                        .formatted(
                            config.source(),
                            named,
                            Stream.concat(
                                    Arrays.stream(values()).map(Architecture::className),
                                    Arrays.stream(EnclosingModel.values())
                                        .map(EnclosingModel::className))
                                .collect(Collectors.joining(", ")))));
  }

  /** What a configuration calls its model. */
  static String named(ModelMetadata config) {
    return config.architectures().stream()
        .findFirst()
        .orElseGet(() -> config.json().path("model_type").asText());
  }

  /**
   * Reads a configuration of this family.
   *
   * @param enclosing the model that it is the text model of
   */
  DecoderConfig read(ModelMetadata source, Optional<EnclosingModel> enclosing) {
    try {
      ConfigFields fields = new ConfigFields(source);
      fields.refuse("quantization_config", "weights quantized by other libraries");
      return reader.apply(fields).build(this, enclosing);
    } catch (IllegalArgumentException e) {
      throw new LlmException("config_invalid", source.source() + ": " + e.getMessage(), e);
    }
  }
}
