package io.affinage.llm.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A family of models as GGUF files and {@code config.json} describe it: what a reader needs to turn
 * one into the other, and a writer to turn it back.
 *
 * @param architecture {@code general.architecture}, which also begins the keys of metadata
 * @param className Hugging Face's class, such as {@code LlamaForCausalLM}
 * @param modelType Hugging Face's {@code model_type}
 * @param fields the {@code config.json} field of each hyperparameter that the family has
 * @param constants fields that every model of the family has alike, and that files do not say
 * @param names of modules
 * @param biases the modules that may have a bias, in ggml's naming, each with the flag that says so
 *     in {@code config.json}; an empty flag where there always is one
 * @param rotaryPairs the modules whose rows lie as {@link RowOrder.RotaryPairs}, in ggml's naming
 */
public record GgufFamily(
    String architecture,
    String className,
    String modelType,
    Map<GgufKey, String> fields,
    Map<String, String> constants,
    GgufNames names,
    Map<String, String> biases,
    Set<String> rotaryPairs) {

  /** What every family may say, besides its own fields: sizes that follow from other sizes. */
  private static final Set<GgufKey> DERIVED =
      Set.of(GgufKey.VOCABULARY, GgufKey.KEY_LENGTH, GgufKey.VALUE_LENGTH, GgufKey.ROTATED);

  public GgufFamily {
    fields = Map.copyOf(fields);
    constants = Map.copyOf(constants);
    biases = Map.copyOf(biases);
    rotaryPairs = Set.copyOf(rotaryPairs);
  }

  /** The family whose models have this {@code model_type}. */
  public static Optional<GgufFamily> ofModelType(String modelType) {
    return first(family -> family.modelType.equals(modelType));
  }

  /** The family of a file. A windowed one comes first where two share an architecture. */
  static Optional<GgufFamily> of(GgufFile file) {
    String architecture = file.require("general.architecture").asText();
    boolean windowed = file.value(GgufKey.WINDOW.of(architecture)).isPresent();
    return first(
        family ->
            family.architecture.equals(architecture)
                && (windowed || !family.fields.containsKey(GgufKey.WINDOW)));
  }

  private static Optional<GgufFamily> first(Predicate<GgufFamily> condition) {
    return GgufFamilies.ALL.stream().filter(condition).findFirst();
  }

  /** The architectures that can be read and written. */
  public static String supported() {
    return String.join(
        ", ", GgufFamilies.ALL.stream().map(GgufFamily::architecture).distinct().toList());
  }

  /** Whether files of the family may say this hyperparameter. */
  public boolean has(GgufKey key) {
    return fields.containsKey(key) || DERIVED.contains(key);
  }

  /** Whether a tensor, if it is a bias, is one that models of the family may have. */
  public boolean allows(String ggmlName) {
    return !ggmlName.endsWith(".bias") || biases.containsKey(GgufNames.module(ggmlName));
  }

  /**
   * In which order the rows of a tensor lie.
   *
   * @param ggmlName such as {@code blk.0.attn_q.weight}
   * @param headSize rows of a head
   */
  public RowOrder rowOrder(String ggmlName, int headSize) {
    return rotaryPairs.contains(GgufNames.module(ggmlName))
        ? new RowOrder.RotaryPairs(headSize)
        : RowOrder.AS_IS;
  }

  /** The flags of {@code config.json} that decide about biases. */
  Stream<String> biasFlags() {
    return biases.values().stream().filter(Predicate.not(String::isEmpty)).distinct().sorted();
  }
}
