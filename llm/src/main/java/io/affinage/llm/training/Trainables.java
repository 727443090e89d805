package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.WeightNames;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The arrays that a run trains, each with a gradient accumulator of its shape, in one order: the
 * embedding, then the blocks from the first, then the final norm and an untied head.
 *
 * <p>Weights of a model that computes in 16 bits are trained through float32 copies: updates are
 * often smaller than a 16-bit weight can show. {@link #publish()} rounds the copies into the model.
 * An adapter is float32 itself, and what kernels read are roundings of it.
 */
public final class Trainables implements AutoCloseable {
  private final Decoder decoder;
  private final BlockAdapter adapter;
  private final NDManager manager;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<NDArray> gradients = new ArrayList<>();
  private final Map<Integer, Range> blocks = new TreeMap<>();
  private final Range embedding;
  private final Range norm;
  private final int head;

  /** What an array is for; learning rates and weight decay go by it. */
  public enum Role {
    /** Embedding of tokens, which a tied head shares, and of learned positions. */
    EMBEDDING,
    /** An untied output head. */
    HEAD,
    /** Weight of a linear layer. */
    MATRIX,
    /** Norms and biases. */
    VECTOR,
    LORA_A,
    LORA_B
  }

  /**
   * One trained array.
   *
   * @param name its key in files
   * @param weight what the kernels read, in the precision of the model
   * @param value float32; the weight itself unless that has fewer bits
   */
  public record Parameter(String name, NDArray weight, NDArray value, Role role) {
    /** Whether it is a weight of the model, not of an adapter. */
    boolean ofModel() {
      return role != Role.LORA_A && role != Role.LORA_B;
    }
  }

  private record Range(int from, int to) {
    private static final Range NOTHING = new Range(0, 0);

    private boolean isEmpty() {
      return from == to;
    }

    private <T> List<T> of(List<T> list) {
      return list.subList(from, to);
    }
  }

  private Trainables(Decoder decoder, LoraAdapter lora) {
    decoder.requirePlain("training");
    this.decoder = decoder;
    this.manager = decoder.manager().newSubManager();
    embedding = Range.NOTHING;
    Map<NDArray, NDArray> working = new IdentityHashMap<>();
    lora.forEachMatrix(
        (key, array) -> {
          NDArray read =
              decoder.precision() == Precision.FLOAT32
                  ? array
                  : decoder.toPrecision(manager, array);
          working.put(array, read);
          add(key, read, array, key.endsWith("lora_A.weight") ? Role.LORA_A : Role.LORA_B);
        });
    List<List<NDArray>> read = new ArrayList<>();
    int at = 0;
    for (int block = 0; block < decoder.shape().layers(); block++) {
      read.add(
          lora.block(block).stream().map(array -> working.getOrDefault(array, array)).toList());
      int count = lora.matrices(block).size();
      blocks.put(block, new Range(at, at + count));
      at += count;
    }
    adapter = read::get;
    norm = Range.NOTHING;
    head = -1;
  }

  private Trainables(Decoder decoder, WeightSelection selection) {
    this.decoder = decoder;
    this.manager = decoder.manager().newSubManager();
    this.adapter = decoder.withoutAdapter();
    List<String> names = new ArrayList<>();
    decoder.forEachWeight((name, array) -> names.add(name));
    Set<String> chosen = selection.of(names);
    WeightNames in = decoder.config().names();
    int token = add(chosen, in.embedding() + ".weight", decoder.embedding(), Role.EMBEDDING);
    in.positions()
        .ifPresent(name -> add(chosen, name + ".weight", decoder.positions(), Role.EMBEDDING));
    embedding = new Range(0, parameters.size());
    for (int block = 0; block < decoder.shape().layers(); block++) {
      int from = parameters.size();
      decoder.blocks().get(block).forEach((name, array) -> add(chosen, name, array, role(array)));
      blocks.put(block, new Range(from, parameters.size()));
    }
    int from = parameters.size();
    add(chosen, in.finalNorm() + ".weight", decoder.norm().get(0), Role.VECTOR);
    add(chosen, in.finalNorm() + ".bias", decoder.norm().get(1), Role.VECTOR);
    norm = new Range(from, parameters.size());
    head =
        decoder.shape().tiedHead()
            ? token
            : add(chosen, in.head() + ".weight", decoder.head(), Role.HEAD);
  }

  private static Role role(NDArray array) {
    return array.getShape().dimension() > 1 ? Role.MATRIX : Role.VECTOR;
  }

  /** Trains the adapter alone; the decoder stays as it is. */
  public static Trainables of(Decoder decoder, LoraAdapter lora) {
    return new Trainables(decoder, lora);
  }

  /** Trains every weight of a decoder. */
  public static Trainables allWeights(Decoder decoder) {
    return of(decoder, WeightSelection.ALL);
  }

  /**
   * Trains some weights of a decoder.
   *
   * @throws io.affinage.llm.error.LlmException {@code invalid_weight_selection}
   */
  public static Trainables of(Decoder decoder, WeightSelection selection) {
    return new Trainables(decoder, selection);
  }

  private int add(Set<String> chosen, String name, NDArray weight, Role role) {
    if (!chosen.contains(name)) {
      return -1;
    }
    NDArray value =
        decoder.precision() == Precision.FLOAT32
            ? weight
            : decoder.kernels().run(manager, "as_float32", weight).singletonOrThrow();
    return add(name, weight, value, role);
  }

  private int add(String name, NDArray weight, NDArray value, Role role) {
    weight.setRequiresGradient(true);
    parameters.add(new Parameter(name, weight, value, role));
    gradients.add(manager.zeros(weight.getShape()));
    return parameters.size() - 1;
  }

  public List<Parameter> parameters() {
    return List.copyOf(parameters);
  }

  /** The accumulated gradients, float32, parallel to {@link #parameters()}. */
  public List<NDArray> gradients() {
    return List.copyOf(gradients);
  }

  /** Number of trained elements. */
  public long size() {
    return parameters.stream().mapToLong(parameter -> parameter.value().getShape().size()).sum();
  }

  /** Rounds float32 copies into the weights; nothing to do for weights that are float32. */
  public void publish() {
    List<Parameter> copied =
        parameters.stream().filter(parameter -> parameter.value() != parameter.weight()).toList();
    if (!copied.isEmpty()) {
      call(
          "copy_all",
          copied.stream().map(Parameter::weight).toList(),
          copied.stream().map(Parameter::value).toList());
    }
  }

  /** The Euclidean norm of all gradients together. */
  double gradientNorm() {
    try (NDManager scope = manager.newSubManager()) {
      NDArray squared = decoder.kernels().run(scope, "squared_norm", gradients).singletonOrThrow();
      return Math.sqrt(squared.getFloat());
    }
  }

  void scaleGradients(double factor) {
    call("scale_all", gradients, factor);
  }

  void clearGradients() {
    call("zero_all", gradients);
  }

  private void call(String kernel, Object... arguments) {
    try (NDManager scope = manager.newSubManager()) {
      decoder.kernels().run(scope, kernel, arguments);
    }
  }

  BlockAdapter adapter() {
    return adapter;
  }

  /**
   * Accumulators of a block's trained arrays, in the order in which its kernel returns gradients.
   */
  List<NDArray> blockGradients(int block) {
    return blocks.get(block).of(gradients);
  }

  /** The first block that gradients have to reach; the number of blocks when none. */
  int lowestBlock() {
    if (trainsEmbedding()) {
      return 0;
    }
    return blocks.entrySet().stream()
        .filter(entry -> !entry.getValue().isEmpty())
        .mapToInt(Map.Entry::getKey)
        .min()
        .orElse(decoder.shape().layers());
  }

  boolean trainsEmbedding() {
    return !embedding.isEmpty();
  }

  /** Accumulators of the embedding and of learned positions, those of them that are trained. */
  List<NDArray> embeddingGradients() {
    return embedding.of(gradients);
  }

  /**
   * Accumulators of the final norm and the head, those of them that are trained, in kernel order:
   * the tied head is the embedding.
   */
  List<NDArray> headGradients() {
    List<NDArray> found = new ArrayList<>(norm.of(gradients));
    if (head >= 0) {
      found.add(gradients.get(head));
    }
    return found;
  }

  @Override
  public void close() {
    parameters.forEach(parameter -> parameter.weight().setRequiresGradient(false));
    manager.close();
  }
}
