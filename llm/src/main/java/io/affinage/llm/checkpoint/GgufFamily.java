package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
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
 * @param queryScalar what scales queries, where the family's configurations say so
 * @param windows whether llama.cpp computes the windows of windowed layers
 * @param names of modules
 * @param biases the modules that may have a bias, in ggml's naming, each with the flag that says so
 *     in {@code config.json}; an empty flag where there always is one
 * @param forms of the modules whose weights a file changes, in ggml's naming
 */
public record GgufFamily(
    String architecture,
    String className,
    String modelType,
    Map<GgufKey, String> fields,
    Map<String, JsonNode> constants,
    Optional<QueryScalar> queryScalar,
    boolean windows,
    GgufNames names,
    Map<String, String> biases,
    Map<String, GgufForm> forms) {

  /**
   * The field whose root queries are divided by. Files do not have it: it is the head size, but for
   * one model whose number of layers tells it, where it is the width by heads.
   */
  public record QueryScalar(String field, int layersOfTheOther) {}

  /** What every family may say, besides its own fields: sizes that follow from other sizes. */
  private static final Set<GgufKey> DERIVED =
      Set.of(
          GgufKey.VOCABULARY,
          GgufKey.KV_HEADS,
          GgufKey.KEY_LENGTH,
          GgufKey.VALUE_LENGTH,
          GgufKey.ROTATED);

  public GgufFamily {
    fields = Map.copyOf(fields);
    constants = Map.copyOf(constants);
    biases = Map.copyOf(biases);
    forms = Map.copyOf(forms);
  }

  /** The family whose models have this {@code model_type}. */
  public static Optional<GgufFamily> ofModelType(String modelType) {
    return GgufFamilies.ALL.stream()
        .filter(family -> family.modelType.equals(modelType))
        .findFirst();
  }

  /** The family of a file. Where two share an architecture, one of them has a window. */
  static Optional<GgufFamily> of(GgufFile file) {
    String architecture = file.require("general.architecture").asText();
    List<GgufFamily> families =
        GgufFamilies.ALL.stream()
            .filter(family -> family.architecture.equals(architecture))
            .toList();
    boolean windowed =
        file.value(GgufKey.WINDOW.of(architecture)).map(GgufValue::asLong).orElse(0L) > 0;
    return families.stream()
        .filter(
            family -> families.size() == 1 || windowed == family.fields.containsKey(GgufKey.WINDOW))
        .findFirst();
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
    return !isBias(ggmlName)
        || biases.containsKey(GgufNames.module(ggmlName))
        || fields.containsKey(GgufKey.EPSILON) && ggmlName.endsWith("_norm.bias");
  }

  /**
   * What the file makes of a tensor.
   *
   * @param ggmlName such as {@code blk.0.attn_q.weight}
   */
  public GgufForm form(String ggmlName) {
    GgufForm form = forms.getOrDefault(GgufNames.module(ggmlName), GgufForm.AS_IS);
    return form == GgufForm.TRANSPOSED && isBias(ggmlName) ? GgufForm.AS_IS : form;
  }

  /** The flags of {@code config.json} that decide about biases. */
  Stream<String> biasFlags() {
    return biases.values().stream().filter(Predicate.not(String::isEmpty)).distinct().sorted();
  }

  private static boolean isBias(String ggmlName) {
    return ggmlName.endsWith(".bias");
  }
}
