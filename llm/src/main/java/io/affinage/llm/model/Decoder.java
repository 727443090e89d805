package io.affinage.llm.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.LinearSlot;
import io.affinage.llm.model.config.WeightNames;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A decoder's weights on a device, and the kernels compiled for its configuration. Holds native
 * memory until closed. Not safe for use by several threads at once.
 */
public final class Decoder implements AutoCloseable {
  private static final List<String> FRAGMENTS =
      List.of(
          "tensors",
          "adapter",
          "linear",
          "packing",
          "attention",
          "block",
          "embedding",
          "head",
          "scalar_head",
          "generation",
          "training_norm",
          "training_linear",
          "training_attention",
          "training_block",
          "autograd_block",
          "optimizer",
          "optimizer_adamw",
          "optimizer_adamw8bit",
          "optimizer_lion",
          "optimizer_sgd",
          "optimizer_adafactor",
          "nf4",
          "gguf");

  private final DecoderConfig config;
  private final Precision precision;
  private final WeightForm form;
  private final NDManager manager;
  private final Kernels kernels;
  private final Map<String, Kernels> adapted = new HashMap<>();
  private final boolean mapped;
  private final NDArray embedding;
  private final BlockStore blocks;
  private final NDArray positions;
  private final List<NDArray> norm;
  private final NDArray head;
  private final NDManager host;
  private final List<NDArray> noAdapter;
  private final NDArray noPrompt;

  private Decoder(
      DecoderConfig config,
      Precision precision,
      WeightForm form,
      NDManager manager,
      Kernels kernels,
      WeightSource source,
      BlockStore.Factory store) {
    this.config = config;
    this.precision = precision;
    this.form = form;
    this.manager = manager;
    this.kernels = kernels;
    this.host = manager.newSubManager(Device.cpu());
    DecoderShape shape = config.shape();
    WeightNames names = config.names();
    NDArray none = manager.create(new float[0], new Shape(0));
    Shape vocabulary = new Shape(shape.vocabularySize(), shape.hiddenSize());
    this.mapped = source.mapsEmbeddings();
    this.embedding = source.loadEmbedding(names.embedding() + ".weight", vocabulary);
    this.positions =
        names
            .positions()
            .map(
                name ->
                    source.load(
                        name + ".weight",
                        new Shape(shape.maxPositions(), shape.hiddenSize()),
                        false))
            .orElse(none);
    List<BlockWeight> weights = config.blockWeights();
    BlockForm blockForm = new BlockForm(config, manager, kernels, source);
    this.blocks =
        switch (form) {
          case NF4, NF4_DOUBLE -> source.nf4Blocks(config, form == WeightForm.NF4_DOUBLE);
          case GGUF -> source.ggufBlocks(config);
          default ->
              store.open(
                  shape.layers(),
                  layer ->
                      new BlockWeights(
                          blockForm.load(names.block(layer), form), weights, names.block(layer)));
        };
    Shape hidden = new Shape(shape.hiddenSize());
    this.norm =
        List.of(
            source.load(names.finalNorm() + ".weight", hidden, false),
            config.normalization().hasBias()
                ? source.load(names.finalNorm() + ".bias", hidden, false)
                : none);
    this.head = head(source, vocabulary);
    NDArray[] arrays = new NDArray[2 * LinearSlot.values().length + 1];
    // A handle of its own: calls tell the lists of their arguments apart by a name on the handle.
    Arrays.fill(arrays, manager.create(new float[0], new Shape(0)));
    arrays[arrays.length - 1] = hostScalar(1);
    this.noAdapter = List.of(arrays);
    this.noPrompt = manager.create(new float[0], new Shape(0));
  }

  private NDArray head(WeightSource source, Shape vocabulary) {
    boolean tied = config.shape().tiedHead();
    NDArray plain =
        tied ? embedding : source.loadEmbedding(config.names().head() + ".weight", vocabulary);
    if (!form.packed()) {
      return plain;
    }
    NDArray packed = kernels.run(manager, "pack", List.of(plain)).singletonOrThrow();
    if (!tied) {
      plain.close();
    }
    return packed;
  }

  /** Of an array with so many rows; a vector where there are no columns. */
  static Shape shape(int rows, int columns) {
    return columns == 0 ? new Shape(rows) : new Shape(rows, columns);
  }

  /** Makes the source of weights once manager and kernels exist. */
  @FunctionalInterface
  public interface SourceFactory {
    WeightSource open(NDManager manager, Kernels kernels);
  }

  /**
   * Loads a decoder with plain weights.
   *
   * @param parent decides the device
   */
  public static Decoder create(
      NDManager parent, DecoderConfig config, Precision precision, SourceFactory source) {
    return create(parent, config, precision, WeightForm.PLAIN, source);
  }

  /**
   * Loads a decoder whose blocks all stay in memory.
   *
   * @param parent decides the device
   * @throws LlmException {@code weight_form_unsupported} where the device or the precision has no
   *     such form
   */
  public static Decoder create(
      NDManager parent,
      DecoderConfig config,
      Precision precision,
      WeightForm form,
      SourceFactory source) {
    return create(parent, config, precision, form, source, ResidentBlocks::new);
  }

  /**
   * Loads a decoder.
   *
   * @param parent decides the device
   * @param store has the blocks
   * @throws LlmException {@code weight_form_unsupported} where the device or the precision has no
   *     such form
   */
  public static Decoder create(
      NDManager parent,
      DecoderConfig config,
      Precision precision,
      WeightForm form,
      SourceFactory source,
      BlockStore.Factory store) {
    if (form.packed() && parent.getDevice().isGpu()) {
      throw new LlmException(
          "weight_form_unsupported",
          "weights are kept %s on a CPU only; use plain on %s"
              .formatted(form.userName(), parent.getDevice()));
    }
    if (form == WeightForm.FOUR_BIT && precision != Precision.BFLOAT16) {
      throw new LlmException(
          "weight_form_unsupported",
          "weights in 4 bits compute in bfloat16, not in " + precision.torchName());
    }
    if (form.packed() && !PackingProbe.packs(parent, precision)) {
      throw new LlmException(
          "weight_form_unsupported",
          "this processor has no instructions for weights that are kept %s in %s; use plain weights, or packed ones in float32"
              .formatted(form.userName(), precision.torchName()));
    }
    NDManager manager = parent.newSubManager();
    Kernels kernels = null;
    try {
      kernels = compile(manager, config, precision, form, List.of());
      return new Decoder(
          config, precision, form, manager, kernels, source.open(manager, kernels), store);
    } catch (RuntimeException | Error e) {
      if (kernels != null) {
        kernels.close();
      }
      manager.close();
      throw e;
    }
  }

  /**
   * Whether {@link #packed} can be: plain weights that stay in memory, on a CPU that multiplies
   * packed ones in this precision.
   */
  public boolean packable() {
    return form == WeightForm.PLAIN && blocks.resident() && PackingProbe.packs(manager, precision);
  }

  /**
   * The same weights packed for generation, beside these: what is adapted on a frozen base can be
   * sampled from as fast as it is served. Matrices are in memory twice, embedding and norms once.
   * Weights that change later do not change there. The caller closes it before this one.
   *
   * @throws IllegalStateException unless {@link #packable}
   */
  public Decoder packed() {
    if (!packable()) {
      throw new IllegalStateException("these weights cannot be packed");
    }
    Map<String, NDArray> plain = new HashMap<>();
    forEachWeight(plain::put);
    return create(
        manager,
        config,
        precision,
        WeightForm.PACKED,
        (scope, compiled) -> (name, shape, transposed) -> Kernels.alias(scope, plain.get(name)));
  }

  public DecoderConfig config() {
    return config;
  }

  /** The configuration's sizes. */
  public DecoderShape shape() {
    return config.shape();
  }

  public Precision precision() {
    return precision;
  }

  /** In which form the weights are kept. */
  public WeightForm form() {
    return form;
  }

  /**
   * Refuses a form whose weights are no arrays of numbers.
   *
   * @param use what reads or changes them, the subject of a sentence
   * @throws LlmException {@code weights_packed}
   */
  public void requireReadable(String use) {
    require(form.readable(), use);
  }

  /**
   * Refuses a form that lets no gradient through to what a layer reads.
   *
   * @param use what needs gradients, the subject of a sentence
   * @throws LlmException {@code weights_packed}
   */
  public void requireDifferentiable(String use) {
    require(form.differentiable(), use);
  }

  private void require(boolean able, String use) {
    if (!able) {
      throw new LlmException(
          "weights_packed",
          "%s needs plain weights, but this model was opened with %s ones: open it as plain"
              .formatted(use, form.userName()));
    }
  }

  /** Whether the embedding and the head are, or may be, mapped from a file: none writes to them. */
  public boolean mapsEmbeddings() {
    return mapped;
  }

  /** The kernels without an adapter, or with LoRA. */
  public Kernels kernels() {
    return kernels;
  }

  /** The kernels in which this adapter has its place. */
  public Kernels kernels(BlockAdapter adapter) {
    return adapter
        .fragment()
        .map(
            own ->
                adapted.computeIfAbsent(
                    own, each -> compile(manager, config, precision, form, List.of(each))))
        .orElse(kernels);
  }

  private static Kernels compile(
      NDManager manager,
      DecoderConfig config,
      Precision precision,
      WeightForm form,
      List<String> more) {
    List<String> fragments = new ArrayList<>(FRAGMENTS);
    form.fragment().ifPresent(fragments::add);
    fragments.addAll(more);
    return Kernels.compile(manager, KernelAttributes.of(config, precision, form), fragments);
  }

  /**
   * A scalar that kernels read as a number: on the CPU, so that reading it never waits for the
   * device.
   */
  public NDArray hostScalar(double value) {
    return host.create(value);
  }

  /** Numbers that kernels read on the CPU, [values] float64; attached to {@code scope}. */
  public NDArray hostVector(NDManager scope, double... values) {
    NDArray array = host.create(values);
    array.attach(scope);
    return array;
  }

  /** Owns the weights; its children die with the decoder. */
  public NDManager manager() {
    return manager;
  }

  /** [vocabulary, hidden] */
  public NDArray embedding() {
    return embedding;
  }

  /** The weights of the blocks. */
  public BlockStore blocks() {
    return blocks;
  }

  /** Learned positions [maxPositions, hidden]; empty where the model has none. */
  public NDArray positions() {
    return positions;
  }

  /** Weight and bias [hidden] of the final norm; the bias is empty where the model has none. */
  public List<NDArray> norm() {
    return norm;
  }

  /** [vocabulary, hidden]; the embedding itself when tied and plain. */
  public NDArray head() {
    return head;
  }

  /** The adapter's rows for virtual tokens as kernels take them: empty where it has none. */
  public NDArray promptOf(BlockAdapter adapter) {
    return adapter.prompt().orElse(noPrompt);
  }

  /**
   * What the first block reads for tokens, without learned positions.
   *
   * @return [ids, hidden], row-major
   */
  public float[] embeddingRows(int[] ids) {
    requireTokens(ids);
    try (NDManager scope = manager.newSubManager()) {
      return kernels
          .run(scope, "embedding_rows", indices(scope, ids), embedding)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  /** The adapter that changes nothing. */
  public BlockAdapter withoutAdapter() {
    return layer -> noAdapter;
  }

  /** Hugging Face's name of every weight, in the order of {@link #forEachWeight}. */
  public List<String> weightNames() {
    WeightNames names = config.names();
    List<String> all = new ArrayList<>(List.of(names.embedding() + ".weight"));
    names.positions().ifPresent(name -> all.add(name + ".weight"));
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      all.addAll(blockWeightNames(layer));
    }
    all.add(names.finalNorm() + ".weight");
    if (config.normalization().hasBias()) {
      all.add(names.finalNorm() + ".bias");
    }
    if (!config.shape().tiedHead()) {
      all.add(names.head() + ".weight");
    }
    return all;
  }

  /** The same of one block. */
  public List<String> blockWeightNames(int layer) {
    return config.blockWeights().stream()
        .map(weight -> config.names().block(layer) + weight.path())
        .toList();
  }

  /**
   * Visits every block, whose weights are there while it is visited.
   *
   * @param visitor is told the layer
   */
  public void forEachBlock(BiConsumer<Integer, BlockWeights> visitor) {
    for (int layer = 0; layer < blocks.layers(); layer++) {
      BlockWeights weights = blocks.acquire(layer);
      try {
        visitor.accept(layer, weights);
      } finally {
        blocks.release(layer);
      }
    }
  }

  /**
   * Visits every weight with its Hugging Face name, each once, as kernels have it; those of blocks
   * are there while they are visited.
   *
   * @throws LlmException {@code weights_packed}
   */
  public void forEachWeight(BiConsumer<String, NDArray> visitor) {
    requireReadable("reading weights");
    WeightNames names = config.names();
    visitor.accept(names.embedding() + ".weight", embedding);
    names.positions().ifPresent(name -> visitor.accept(name + ".weight", positions));
    forEachBlock((layer, block) -> block.forEach(visitor));
    visitor.accept(names.finalNorm() + ".weight", norm.get(0));
    if (config.normalization().hasBias()) {
      visitor.accept(names.finalNorm() + ".bias", norm.get(1));
    }
    if (!config.shape().tiedHead()) {
      visitor.accept(names.head() + ".weight", head);
    }
  }

  /** Copies an array to the heap as float32, whatever its type. */
  public float[] toFloats(NDArray array) {
    try (NDManager scope = manager.newSubManager()) {
      NDList converted = kernels.run(scope, "as_float32", array);
      return converted.singletonOrThrow().toFloatArray();
    }
  }

  /** Overwrites an array with float32 values, row-major, keeping its type. */
  public void assign(NDArray target, float[] values) {
    try (NDManager scope = manager.newSubManager()) {
      kernels.run(scope, "assign", target, scope.create(values, target.getShape()));
    }
  }

  /** Converts to this decoder's precision; the result belongs to {@code scope}. */
  public NDArray toPrecision(NDManager scope, NDArray array) {
    return kernels.differentiable(scope, "to_precision", array).singletonOrThrow();
  }

  /**
   * Refuses ids that the embedding has no row for.
   *
   * @throws LlmException {@code token_beyond_vocabulary}
   */
  public void requireTokens(int[] ids) {
    requireTokens(ids, 0);
  }

  /** The same of ids among which there may be so many virtual ones, from -1 downwards. */
  void requireTokens(int[] ids, int virtual) {
    int rows = config.shape().vocabularySize();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < -virtual || ids[i] >= rows) {
        throw new LlmException(
            "token_beyond_vocabulary",
            "token id %d at position %d has no row in the embedding of %d: a token was added to the tokenizer without resizing the model, or the ids are another tokenizer's"
                .formatted(ids[i], i, rows));
      }
    }
  }

  /** Token ids or positions as a tensor [n] int64. */
  public static NDArray indices(NDManager scope, int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    NDArray array = scope.create(wide);
    if (array.getDataType() != DataType.INT64) {
      throw new IllegalStateException("indices must be int64");
    }
    return array;
  }

  @Override
  public void close() {
    blocks.close();
    adapted.values().forEach(Kernels::close);
    kernels.close();
    manager.close();
  }
}
