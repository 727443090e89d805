package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a GGUF file says about its model, in Hugging Face's terms: tensor names, row orders and the
 * configuration.
 */
final class GgufConfiguration {

  /** Part of the configuration, not a weight. */
  static final String ROPE_FREQUENCIES = "rope_freqs.weight";

  private static final String ORIGINAL = "original_max_position_embeddings";
  private static final double USUAL_ROPE_BASE = 10000;

  private final GgufFile file;
  private final GgufFamily family;
  private final int layers;
  private final int hidden;
  private final int heads;
  private final int headSize;

  /**
   * @throws LlmException {@code model_architecture_unsupported} for another architecture or an
   *     unsupported variant
   */
  GgufConfiguration(GgufFile file) {
    this.file = file;
    String architecture = file.require("general.architecture").asText();
    this.family =
        GgufFamily.of(file)
            .orElseThrow(
                () ->
                    unsupported(
                        "architecture %s is not supported; supported are: %s"
                            .formatted(architecture, GgufFamily.supported())));
    String experts = architecture + ".expert_count";
    if (file.value(experts).map(GgufValue::asLong).orElse(0L) > 0) {
      throw unsupported("mixtures of experts (%s) are not supported".formatted(experts));
    }
    this.layers = positive(GgufKey.BLOCKS);
    this.hidden = positive(GgufKey.WIDTH);
    this.heads = positive(GgufKey.HEADS);
    this.headSize = positive(GgufKey.KEY_LENGTH, Math.max(1, hidden / heads));
    if (headSize < 2 || headSize % 2 != 0) {
      throw unsupported("the head size must be even, but is %d".formatted(headSize));
    }
    requireUsual(GgufKey.KEY_LENGTH, hidden / heads);
    requireUsual(GgufKey.KV_HEADS, heads);
    requireUsual(GgufKey.VALUE_LENGTH, headSize);
    requireUsual(GgufKey.ROTATED, headSize);
  }

  /** A size that the family's configurations have no field for may only be what it follows from. */
  private void requireUsual(GgufKey key, int usual) {
    int said = positive(key, usual);
    if (said != usual && !family.fields().containsKey(key)) {
      throw unsupported(
          "%s is %d where %d follows from other sizes; such a %s is not supported"
              .formatted(key.of(family.architecture()), said, usual, family.architecture()));
    }
  }

  /** Hugging Face's name of a tensor. */
  String name(String ggmlName) {
    return family
        .names()
        .huggingFace(ggmlName, layers)
        .filter(name -> family.allows(ggmlName))
        .orElseThrow(
            () ->
                unsupported(
                    "there is no place for tensor %s in a %s of %d layers"
                        .formatted(ggmlName, family.architecture(), layers)));
  }

  /** In Hugging Face's terms, outermost dimension first. */
  long[] shape(GgufTensor tensor) {
    long[] shape = tensor.shape();
    if (family.form(tensor.name()) != GgufForm.TRANSPOSED) {
      return shape;
    }
    if (shape.length != 2) {
      throw unsupported("tensor %s is no matrix".formatted(tensor.name()));
    }
    return new long[] {shape[1], shape[0]};
  }

  /** In which order the rows of a tensor lie. */
  RowOrder rowOrder(GgufTensor tensor) {
    GgufForm form = family.form(tensor.name());
    if (form == GgufForm.TRANSPOSED) {
      return new RowOrder.Transposed();
    }
    RowOrder.Rows order = form.rowOrder(headSize, heads);
    if (tensor.shape().length == 0 || tensor.shape()[0] % order.span() != 0) {
      throw unsupported(
          "tensor %s has no whole heads of %d rows".formatted(tensor.name(), headSize));
    }
    return order;
  }

  /** What the file's numbers are more than Hugging Face's. */
  float more(GgufTensor tensor) {
    return family.form(tensor.name()).more();
  }

  /** The configuration as {@code config.json} of the family's class. */
  ModelMetadata config() {
    GgufTensor embedding = tensor("token_embd.weight").orElseThrow(this::withoutEmbedding);
    if (embedding.shape().length != 2 || embedding.shape()[1] != hidden) {
      throw unsupported(
          "tensor token_embd.weight does not fit %s %d"
              .formatted(GgufKey.WIDTH.of(family.architecture()), hidden));
    }
    var json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add(family.className());
    json.put("model_type", family.modelType());
    json.put("vocab_size", embedding.shape()[0]);
    for (GgufKey key : GgufKey.values()) { // in this order, so that copies are alike
      Optional.ofNullable(family.fields().get(key)).ifPresent(field -> put(json, key, field));
    }
    new TreeMap<>(family.constants()).forEach(json::set);
    family.queryScalar().ifPresent(scalar -> json.put(scalar.field(), scalar(scalar)));
    GgufRope.scaling(file, family.architecture(), headSize)
        .ifPresent(
            scaling -> {
              json.set("rope_scaling", scaling);
              // Of LongRoPE, what stands beside the scaling counts.
              if (scaling.path("rope_type").asText().equals("longrope")) {
                json.set(ORIGINAL, scaling.remove(ORIGINAL));
              }
            });
    family.biasFlags().forEach(flag -> json.put(flag, hasBias(flag)));
    json.put("tie_word_embeddings", tensor("output.weight").isEmpty());
    json.put("torch_dtype", dtype());
    file.tokenizer()
        .ifPresent(
            tokenizer -> {
              putId(json, "bos_token_id", tokenizer.bosTokenId());
              putId(json, "eos_token_id", tokenizer.eosTokenId());
              putId(json, "pad_token_id", tokenizer.paddingTokenId());
            });
    return new ModelMetadata(file.path().toString(), json);
  }

  private int scalar(GgufFamily.QueryScalar scalar) {
    return layers == scalar.layersOfTheOther() ? Math.max(1, hidden / heads) : headSize;
  }

  private void put(ObjectNode json, GgufKey key, String field) {
    Optional<GgufValue> value = file.value(key.of(family.architecture()));
    switch (key) {
      case KV_HEADS -> json.put(field, positive(key, heads));
      case KEY_LENGTH -> json.put(field, headSize);
      case ROTATED -> json.put(field, share(positive(key, headSize)));
      case ROPE_BASE, WINDOW_ROPE_BASE ->
          json.put(field, value.map(GgufValue::asDouble).orElse(USUAL_ROPE_BASE));
      case WINDOW -> {
        if (value.map(GgufValue::asLong).orElse(0L) != 0) { // converters write 0 for none
          json.put(field, positive(key));
        }
      }
      case WINDOW_PATTERN, SCORE_CAP, LOGIT_CAP -> {
        if (value.isPresent()) {
          put(json, key, field, value.get());
        }
      }
      default -> put(json, key, field, file.require(key.of(family.architecture())));
    }
  }

  private void put(ObjectNode json, GgufKey key, String field, GgufValue value) {
    switch (key.kind()) {
      case COUNT -> json.put(field, positive(key));
      case REAL -> json.put(field, value.asDouble());
      case FLAG -> json.put(field, value.asBoolean());
    }
  }

  /** Such a share of the head size that its whole part is this. */
  private double share(int rotated) {
    double share = rotated / (double) headSize;
    return (int) (share * headSize) == rotated ? share : Math.nextUp(share);
  }

  /** Whether any module has a bias that the flag is about; the rest must have one as well then. */
  private boolean hasBias(String flag) {
    return file.tensors().stream()
        .map(GgufTensor::name)
        .filter(name -> name.endsWith(".bias"))
        .anyMatch(name -> flag.equals(family.biases().get(GgufNames.module(name))));
  }

  private static void putId(ObjectNode json, String field, OptionalInt id) {
    id.ifPresent(value -> json.put(field, value));
  }

  /**
   * The type most matrix elements have, where torch has it; quantized weights count as float32,
   * which they are read as.
   */
  private String dtype() {
    Map<StorageType, Long> elements =
        file.tensors().stream()
            .filter(tensor -> tensor.shape().length > 1)
            .collect(
                Collectors.groupingBy(
                    GgufTensor::type, Collectors.summingLong(GgufTensor::byteLength)));
    return elements.entrySet().stream()
        .max(
            Map.Entry.<StorageType, Long>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(
            entry ->
                switch (entry.getKey()) {
                  case F16 -> "float16";
                  case BF16 -> "bfloat16";
                  default -> "float32";
                })
        .orElse("float32");
  }

  private Optional<GgufTensor> tensor(String name) {
    return file.tensors().stream().filter(tensor -> tensor.name().equals(name)).findFirst();
  }

  private int positive(GgufKey key) {
    return file.positive(key.of(family.architecture()));
  }

  private int positive(GgufKey key, int otherwise) {
    return file.value(key.of(family.architecture())).isPresent() ? positive(key) : otherwise;
  }

  private LlmException withoutEmbedding() {
    return new LlmException(
        "checkpoint_tensor_missing", "%s has no tensor token_embd.weight".formatted(file.path()));
  }

  private LlmException unsupported(String problem) {
    return new LlmException(
        "model_architecture_unsupported", "%s: %s".formatted(file.path(), problem));
  }
}
