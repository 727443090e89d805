package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterParameter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.config.WeightNames;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.MasterWeight;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The arrays that a run trains, and their gradients, in one order: the embedding, then the blocks
 * from the first, each with its weights and then its adapter, then the final norm and an untied
 * head.
 *
 * <p>What is trained is float32 whatever the model computes in: updates are often smaller than a
 * 16-bit weight can show. A bfloat16 weight is the upper half of its number ({@link MasterWeight}).
 * A float16 weight has a float32 copy beside it, and adapters are float32 of which kernels read
 * roundings; {@link #publish()} rounds both.
 */
public final class Trainables implements AutoCloseable {
  private static final long DIGESTED_AT_ONCE = 1 << 22;

  /** Of a head of values in checkpoints; models with one have it by this name elsewhere (TRL). */
  public static final String VALUE_KEY = "v_head.summary.weight";

  /** Before the names of what gives values and nothing else. */
  public static final String VALUE_TRUNK = "value_trunk.";

  private final Decoder decoder;
  private final Optional<Adapter> trained;
  private final BlockAdapter blockAdapter;
  private final NDManager manager;
  private final List<Parameter> parameters = new ArrayList<>();
  private final Gradients gradients;
  private final Map<Integer, Range> blocks = new TreeMap<>();
  private final Range embedding;
  private final Range prompt;
  private final Range norm;
  private final int head;
  private final Optional<ScalarHead> scalar;
  private final Optional<ScalarHead> values;
  private final Optional<Trainables> valueTrunk;
  private final Range score;

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
    /** A head that gives scores. */
    SCORE,
    LORA_A,
    LORA_B,
    /** Another array of an adapter. */
    ADAPTER;

    private static Role of(AdapterParameter.Role role) {
      return switch (role) {
        case LOW_RANK_A -> LORA_A;
        case LOW_RANK_B -> LORA_B;
        case OTHER -> ADAPTER;
      };
    }
  }

  /**
   * One trained array.
   *
   * @param name its key in files
   * @param weight what the kernels read, in the precision of the model
   * @param value the number that is trained; its upper half may be the weight itself
   */
  public record Parameter(String name, NDArray weight, MasterWeight value, Role role) {
    /** Whether it is a weight of the model, not of an adapter. */
    boolean ofModel() {
      return switch (role) {
        case EMBEDDING, HEAD, MATRIX, VECTOR -> true;
        case LORA_A, LORA_B, ADAPTER, SCORE -> false;
      };
    }

    private boolean isCopied() {
      return value.parameter() != weight;
    }

    /** Bytes that the value takes beside the weight. */
    long bytesBesideWeight() {
      return isCopied() ? 4 * weight.getShape().size() : value.remainderBytes();
    }
  }

  private record Range(int from, int to) {
    private static final Range NOTHING = new Range(0, 0);

    private boolean isEmpty() {
      return from == to;
    }

    private int size() {
      return to - from;
    }
  }

  /**
   * An adapter's arrays as kernels read them: in the decoder's precision those that are trained.
   */
  private record TrainedBlocks(
      Optional<String> fragment,
      Optional<NDArray> prompt,
      boolean readsTokens,
      List<List<NDArray>> layers)
      implements BlockAdapter {
    @Override
    public List<NDArray> block(int layer) {
      return layers.get(layer);
    }
  }

  private Trainables(
      Decoder decoder,
      Optional<Adapter> adapter,
      Optional<WeightSelection> selection,
      Optional<ScalarHead> scalar,
      Optional<ScalarHead> values,
      Optional<Trainables> valueTrunk,
      boolean undivided) {
    if (adapter.isPresent()) {
      decoder.requireDifferentiable("training");
    }
    if (selection.isPresent()) {
      decoder.requireReadable("training");
    }
    this.decoder = decoder;
    this.manager = decoder.manager().newSubManager();
    this.trained = adapter;
    this.gradients =
        new Gradients(
            decoder.kernels(), manager, undivided && decoder.precision() != Precision.FLOAT16);
    WeightNames in = decoder.config().names();
    Set<String> chosen =
        selection
            .map(wanted -> wanted.of(decoder.weightNames()))
            .<Set<String>>map(TreeSet::new)
            .orElse(Set.of());
    if (scalar.isPresent() && !chosen.isEmpty() && !decoder.shape().tiedHead()) {
      chosen.remove(in.head() + ".weight"); // nothing reads it
    }
    int token = add(chosen, in.embedding() + ".weight", decoder.embedding(), Role.EMBEDDING);
    in.positions()
        .ifPresent(name -> add(chosen, name + ".weight", decoder.positions(), Role.EMBEDDING));
    embedding = new Range(0, parameters.size());
    Optional<NDArray> rows = adapter.flatMap(this::addPrompt);
    prompt = new Range(embedding.to(), parameters.size());
    List<List<NDArray>> read = new ArrayList<>();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      int from = parameters.size();
      addWeights(chosen, block);
      if (adapter.isPresent()) {
        read.add(add(adapter.get(), block));
      }
      blocks.put(block, new Range(from, parameters.size()));
    }
    blockAdapter =
        adapter
            .<BlockAdapter>map(
                each -> new TrainedBlocks(each.fragment(), rows, each.readsTokens(), read))
            .orElse(decoder.withoutAdapter());
    int from = parameters.size();
    add(chosen, in.finalNorm() + ".weight", decoder.norm().get(0), Role.VECTOR);
    add(chosen, in.finalNorm() + ".bias", decoder.norm().get(1), Role.VECTOR);
    norm = new Range(from, parameters.size());
    head =
        decoder.shape().tiedHead()
            ? token
            : add(chosen, in.head() + ".weight", decoder.head(), Role.HEAD);
    this.scalar = scalar;
    int scores = parameters.size();
    scalar.ifPresent(each -> add(ScalarHead.KEY, each));
    values.ifPresent(each -> add(VALUE_KEY, each));
    this.values = values;
    this.valueTrunk = valueTrunk;
    score = new Range(scores, parameters.size());
  }

  private void add(String name, ScalarHead each) {
    add(name, each.weight(), MasterWeight.whole(manager, each.weight()), Role.SCORE);
  }

  /** Adds the chosen weights of a block, which is acquired for as long as they are trained. */
  private void addWeights(Set<String> chosen, int block) {
    if (decoder.blockWeightNames(block).stream().noneMatch(chosen::contains)) {
      return;
    }
    if (decoder.form().dequantized()) {
      throw new LlmException(
          "weights_quantized",
          "weights of block %d cannot be trained, as the model is opened with %s ones: train an adapter, or open it without quantization"
              .formatted(block, decoder.form().userName()));
    }
    if (!decoder.blocks().resident()) {
      throw new LlmException(
          "weights_not_resident",
          "weights of block %d cannot be trained, as blocks are read when they are needed: train an adapter, or open the model with its blocks in memory"
              .formatted(block));
    }
    decoder.blocks().acquire(block).forEach((name, array) -> add(chosen, name, array, role(array)));
  }

  /** Adds the adapter's rows for virtual tokens; gives them as kernels read them. */
  private Optional<NDArray> addPrompt(Adapter adapter) {
    Map<NDArray, NDArray> working = working(adapter, AdapterParameter.BEFORE_BLOCKS);
    return adapter.prompt().map(array -> working.getOrDefault(array, array));
  }

  /** Adds an adapter's arrays at a block; gives its arrays as kernels read them. */
  private List<NDArray> add(Adapter adapter, int block) {
    Map<NDArray, NDArray> working = working(adapter, block);
    return adapter.trainingBlock(block).stream()
        .map(array -> working.getOrDefault(array, array))
        .toList();
  }

  /** Adds an adapter's arrays of a layer; gives what kernels read for each. */
  private Map<NDArray, NDArray> working(Adapter adapter, int layer) {
    Map<NDArray, NDArray> working = new IdentityHashMap<>();
    for (AdapterParameter parameter : adapter.parameters()) {
      if (parameter.layer() == layer) {
        NDArray array = parameter.array();
        NDArray read =
            decoder.precision() == Precision.FLOAT32 ? array : decoder.toPrecision(manager, array);
        working.put(array, read);
        add(parameter.key(), read, MasterWeight.whole(manager, array), Role.of(parameter.role()));
      }
    }
    return working;
  }

  private static Role role(NDArray array) {
    return array.getShape().dimension() > 1 ? Role.MATRIX : Role.VECTOR;
  }

  /** Trains the adapter alone; the decoder stays as it is. */
  public static Trainables of(Decoder decoder, Adapter adapter) {
    return new Trainables(
        decoder,
        Optional.of(adapter),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /**
   * Trains an adapter and some weights of the decoder.
   *
   * @throws LlmException {@code invalid_weight_selection}, {@code weights_packed}, {@code
   *     weights_quantized}, {@code weights_not_resident}
   */
  public static Trainables of(Decoder decoder, Adapter adapter, WeightSelection selection) {
    return new Trainables(
        decoder,
        Optional.of(adapter),
        Optional.of(selection),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /** Trains an adapter and a head of scores in place of the language model's. */
  public static Trainables of(Decoder decoder, Adapter adapter, ScalarHead head) {
    return new Trainables(
        decoder,
        Optional.of(adapter),
        Optional.empty(),
        Optional.of(head),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /**
   * Trains an adapter and a head of values beside the language model's, which reads the same hidden
   * numbers.
   */
  public static Trainables withValues(Decoder decoder, Adapter adapter, ScalarHead values) {
    return new Trainables(
        decoder,
        Optional.of(adapter),
        Optional.empty(),
        Optional.empty(),
        Optional.of(values),
        Optional.empty(),
        false);
  }

  /**
   * Trains an adapter, and beside it another on the same base with a head of values, which reads
   * nothing of the first.
   */
  public static Trainables withValueTrunk(
      Decoder decoder, Adapter adapter, Adapter valueAdapter, ScalarHead values) {
    return new Trainables(
        decoder,
        Optional.of(adapter),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(of(decoder, valueAdapter, values)),
        false);
  }

  /**
   * Trains some weights of a decoder, and a head of values beside the language model's.
   *
   * @throws LlmException {@code invalid_weight_selection}
   */
  public static Trainables withValues(
      Decoder decoder, WeightSelection selection, ScalarHead values) {
    return new Trainables(
        decoder,
        Optional.empty(),
        Optional.of(selection),
        Optional.empty(),
        Optional.of(values),
        Optional.empty(),
        false);
  }

  /** Trains every weight of a decoder. */
  public static Trainables allWeights(Decoder decoder) {
    return of(decoder, WeightSelection.ALL);
  }

  /**
   * Trains some weights of a decoder, with float32 gradients.
   *
   * @throws LlmException {@code invalid_weight_selection}
   */
  public static Trainables of(Decoder decoder, WeightSelection selection) {
    return new Trainables(
        decoder,
        Optional.empty(),
        Optional.of(selection),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /**
   * Trains some weights of a decoder. Where a step is one micro-batch, gradients are kept in the
   * type in which kernels return them, and only while they are needed. Nothing is lost by it, but
   * that the sum of the two gradients of a tied head is rounded to that type.
   *
   * @throws LlmException {@code invalid_weight_selection}
   */
  public static Trainables of(Decoder decoder, WeightSelection selection, Batching batching) {
    return new Trainables(
        decoder,
        Optional.empty(),
        Optional.of(selection),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        batching.isUndivided());
  }

  /**
   * Trains some weights of a decoder and a head of scores in place of the language model's, which
   * stays as it is.
   *
   * @throws LlmException {@code invalid_weight_selection}
   */
  public static Trainables of(
      Decoder decoder, WeightSelection selection, ScalarHead head, Batching batching) {
    return new Trainables(
        decoder,
        Optional.empty(),
        Optional.of(selection),
        Optional.of(head),
        Optional.empty(),
        Optional.empty(),
        batching.isUndivided());
  }

  private int add(Set<String> chosen, String name, NDArray weight, Role role) {
    if (!chosen.contains(name)) {
      return -1;
    }
    if ((role == Role.EMBEDDING || role == Role.HEAD) && decoder.mapsEmbeddings()) {
      throw new LlmException(
          "weights_not_resident",
          "%s cannot be trained, as the model is streamed from its files: train an adapter, or open the model in memory"
              .formatted(name));
    }
    return add(name, weight, value(manager, weight), role);
  }

  private MasterWeight value(NDManager owner, NDArray weight) {
    return switch (decoder.precision()) {
      case FLOAT32 -> MasterWeight.whole(owner, weight);
      case BFLOAT16 -> MasterWeight.split(decoder.kernels(), owner, weight);
      case FLOAT16 ->
          MasterWeight.whole(
              owner, decoder.kernels().run(owner, "as_float32", weight).singletonOrThrow());
    };
  }

  private int add(String name, NDArray weight, MasterWeight value, Role role) {
    weight.setRequiresGradient(true);
    parameters.add(new Parameter(name, weight, value, role));
    gradients.include(weight);
    return parameters.size() - 1;
  }

  public List<Parameter> parameters() {
    if (valueTrunk.isEmpty()) {
      return List.copyOf(parameters);
    }
    List<Parameter> all = new ArrayList<>(parameters);
    for (Parameter each : valueTrunk.get().parameters()) {
      all.add(new Parameter(VALUE_TRUNK + each.name(), each.weight(), each.value(), each.role()));
    }
    return all;
  }

  /** The gradients of a step so far, parallel to {@link #parameters()}. */
  public List<NDArray> gradients() {
    List<NDArray> all = new ArrayList<>(gradients.all());
    valueTrunk.ifPresent(trunk -> all.addAll(trunk.gradients()));
    return all;
  }

  /** Bytes of an element of a gradient. */
  int bytesOfGradient() {
    return gradients.bytesOfElement(decoder.precision());
  }

  /** What is trained of one array, float32. */
  public float[] numbers(Parameter parameter) {
    return parameter.value().toFloats(decoder.kernels());
  }

  /**
   * {@code sha256:} and the hexadecimal SHA-256 of everything that is trained, names and bits.
   * Equal where and only where the same arrays have the same numbers.
   */
  public String digest() {
    MessageDigest hash;
    try {
      hash = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    for (Parameter parameter : parameters()) {
      MasterWeight value = parameter.value();
      String header = parameter.name() + Arrays.toString(value.shape().getShape()) + "\n";
      hash.update(header.getBytes(StandardCharsets.UTF_8));
      long count = value.shape().size();
      for (long from = 0; from < count; from += DIGESTED_AT_ONCE) {
        try (NDManager scope = manager.newSubManager()) {
          long length = Math.min(DIGESTED_AT_ONCE, count - from);
          hash.update(value.numbers(decoder.kernels(), scope, from, length).toByteBuffer(true));
        }
      }
    }
    return "sha256:" + HexFormat.of().formatHex(hash.digest());
  }

  /** PEFT's configuration of the trained adapter by name, and its type; empty without one. */
  Map<String, String> adapterConfiguration() {
    Map<String, String> values = new TreeMap<>();
    trained.ifPresent(
        adapter -> {
          values.put("type", adapter.type());
          ObjectNode peft = adapter.peftConfig("");
          peft.remove("base_model_name_or_path");
          peft.properties().forEach(each -> values.put(each.getKey(), each.getValue().toString()));
        });
    return values;
  }

  /** Number of trained elements. */
  public long size() {
    return parameters().stream().mapToLong(parameter -> parameter.value().shape().size()).sum();
  }

  /** Rounds float32 copies into what kernels read, and tells the adapter. */
  public void publish() {
    List<Parameter> copied = parameters.stream().filter(Parameter::isCopied).toList();
    if (!copied.isEmpty()) {
      call(
          "copy_all",
          copied.stream().map(Parameter::weight).toList(),
          copied.stream().map(parameter -> parameter.value().parameter()).toList());
    }
    trained.ifPresent(Adapter::valuesChanged);
    valueTrunk.ifPresent(Trainables::publish);
  }

  /** A matrix of ones and a gradient of zeros, kept as trained ones are. */
  Trial trial(NDManager scope, Shape shape) {
    NDArray ones = scope.ones(shape);
    if (trainsAdapterAlone()) {
      return new Trial(MasterWeight.whole(scope, ones), gradients.zeros(scope, ones));
    }
    NDArray weight = decoder.toPrecision(scope, ones);
    return new Trial(value(scope, weight), gradients.zeros(scope, weight));
  }

  /** An array that is updated for a trial. */
  record Trial(MasterWeight value, NDArray gradient) {}

  /** The Euclidean norm of all gradients together. */
  double gradientNorm() {
    try (NDManager scope = manager.newSubManager()) {
      NDArray squared =
          decoder.kernels().run(scope, "squared_norm", gradients()).singletonOrThrow();
      return Math.sqrt(squared.getFloat());
    }
  }

  void clearGradients() {
    gradients.clear();
    valueTrunk.ifPresent(Trainables::clearGradients);
  }

  private void call(String kernel, Object... arguments) {
    try (NDManager scope = manager.newSubManager()) {
      decoder.kernels().run(scope, kernel, arguments);
    }
  }

  /** The trained adapter as kernels read it; the one that changes nothing where there is none. */
  BlockAdapter adapter() {
    return blockAdapter;
  }

  /**
   * Adds what a block's kernel returned, the gradients of its trained arrays in order, which it
   * takes over.
   */
  void addBlockGradients(int block, NDList found) {
    add(blocks.get(block), found);
  }

  private void add(Range range, NDList found) {
    if (range.size() != found.size()) {
      throw new IllegalStateException(
          found.size() + " gradients for " + range.size() + " trained arrays");
    }
    gradients.add(range.from(), found);
  }

  /** The first block that gradients have to reach; the number of blocks when none. */
  int lowestBlock() {
    if (trainsEmbedding() || !prompt.isEmpty()) {
      return 0;
    }
    return blocks.entrySet().stream()
        .filter(entry -> !entry.getValue().isEmpty())
        .mapToInt(Map.Entry::getKey)
        .min()
        .orElse(decoder.shape().layers());
  }

  /** Whether no weight of the model is trained. */
  boolean trainsAdapterAlone() {
    return parameters.stream().noneMatch(Parameter::ofModel);
  }

  boolean trainsEmbedding() {
    return !embedding.isEmpty();
  }

  /**
   * Gradients to which those of the embedding and of learned positions are to be added, of those of
   * them that are trained.
   */
  List<NDArray> embeddingGradients() {
    List<NDArray> sums = new ArrayList<>();
    for (int i = embedding.from(); i < embedding.to(); i++) {
      sums.add(gradients.at(i));
    }
    return sums;
  }

  /** The gradient to which that of the adapter's virtual tokens is to be added. */
  Optional<NDArray> promptGradient() {
    return prompt.isEmpty() ? Optional.empty() : Optional.of(gradients.at(prompt.from()));
  }

  /** The head of scores that stands in place of the language model's. */
  Optional<ScalarHead> scalarHead() {
    return scalar;
  }

  /** The head of values that stands beside the language model's. */
  Optional<ScalarHead> valueHead() {
    return values;
  }

  /** What gives values by an adapter of its own; it has the head as its {@link #scalarHead}. */
  Optional<Trainables> valueTrunk() {
    return valueTrunk;
  }

  /** Whether something of it gives values of states. */
  boolean givesValues() {
    return values.isPresent() || valueTrunk.isPresent();
  }

  /**
   * Adds the gradients of trained arrays behind the last block, which it takes over: of the final
   * norm, then of a head of scores or values. The language model's head adds its own ({@link
   * #headGradient}).
   */
  void addHeadGradients(NDList found) {
    add(norm, found.subNDList(0, norm.size()));
    add(score, found.subNDList(norm.size()));
  }

  /** The gradient to which the head's is to be added, the embedding's where it is tied. */
  Optional<NDArray> headGradient() {
    return head < 0 ? Optional.empty() : Optional.of(gradients.at(head));
  }

  @Override
  public void close() {
    parameters.forEach(parameter -> parameter.weight().setRequiresGradient(false));
    manager.close();
    valueTrunk.ifPresent(Trainables::close);
  }
}
