package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The weights of a checkpoint, with shapes checked against the configuration. */
final class CheckpointSource implements WeightSource {
  /** Numbers of a mapped array that are looked at together. */
  private static final long CHECKED = 1 << 23;

  private final Checkpoint checkpoint;
  private final NDManager manager;
  private final Kernels kernels;
  private final RowLoader loader;
  private final MappedBlocks blocks;
  private final FiniteCheck finite;
  private final boolean streamed;

  /**
   * @param streamed whether blocks in NF4 are read from their file again and again, a block ahead,
   *     and embeddings are mapped; else all are in memory
   */
  CheckpointSource(Checkpoint checkpoint, NDManager manager, Kernels kernels, boolean streamed) {
    this.streamed = streamed;
    this.checkpoint = checkpoint;
    this.manager = manager;
    this.kernels = kernels;
    this.loader = new RowLoader(manager, kernels);
    this.blocks = new MappedBlocks(checkpoint, manager, kernels);
    this.finite = new FiniteCheck(kernels);
  }

  @Override
  public NDArray load(String name, Shape shape, boolean transposed) {
    // What is quantized was turned before.
    if (!transposed || checkpoint.entry(name).type() == StorageType.NF4) {
      return load(entry(name, shape));
    }
    try (NDArray stored = load(entry(name, new Shape(shape.get(1), shape.get(0))))) {
      return kernels.differentiable(manager, "transposed", stored).singletonOrThrow();
    }
  }

  private NDArray load(TensorEntry entry) {
    return blocks.loads(entry) ? blocks.load(entry) : loader.load(checkpoint, entry);
  }

  @Override
  public NDArray loadEmbedding(String name, Shape shape) {
    TensorEntry entry = entry(name, shape);
    return canBeMapped(entry) ? mapped(entry) : load(entry);
  }

  @Override
  public boolean mapsEmbeddings() {
    return streamed;
  }

  private boolean canBeMapped(TensorEntry entry) {
    return streamed
        && entry.type() == StorageType.BF16
        && entry.rowOrder().equals(RowOrder.AS_IS)
        && entry.byteLength() <= Integer.MAX_VALUE
        && entry.offset() % Short.BYTES == 0
        && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
        && !manager.getDevice().isGpu();
  }

  private NDArray mapped(TensorEntry entry) {
    // The engine makes no bfloat16 array of foreign memory. The handle keeps the mapping alive.
    NDArray halves =
        manager.create(checkpoint.map(entry), new Shape(entry.shape()), DataType.FLOAT16);
    NDArray array = kernels.run(manager, "seen_as_bfloat16", halves).singletonOrThrow();
    long rows = Math.max(1, CHECKED / entry.rowElements());
    for (long first = 0; first < entry.rows(); first += rows) {
      try (NDManager step = manager.newSubManager()) {
        finite.require(step, entry, array, first, Math.min(rows, entry.rows() - first));
      }
    }
    return array;
  }

  @Override
  public boolean isFourBit(String name) {
    return isFourBit(checkpoint, name);
  }

  static boolean isFourBit(Checkpoint checkpoint, String name) {
    if (!checkpoint.contains(name)) {
      return false;
    }
    TensorEntry entry = checkpoint.entry(name);
    boolean stored = entry.type() == StorageType.Q4_0 || entry.type() == StorageType.Q4_1;
    // What the kernel asks of a matrix.
    return stored
        && !(entry.rowOrder() instanceof RowOrder.Transposed)
        && entry.rows() % 16 == 0
        && entry.byteLength() <= Checkpoint.MAX_SLICE;
  }

  @Override
  public NDList loadFourBit(NDManager scope, String name, Shape shape) {
    return blocks.fourBit(scope, entry(name, shape));
  }

  @Override
  public BlockStore nf4Blocks(DecoderConfig config, boolean nested) {
    Nf4Loader loader = new Nf4Loader(checkpoint, config, manager, kernels, nested);
    NDArray none = manager.create(new float[0], new Shape(0));
    List<List<NDArray>> others = new ArrayList<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      String prefix = config.names().block(layer);
      others.add(others(config, prefix, linear -> loader.keeps(prefix, linear), none));
    }
    if (streamed) {
      return new Nf4Blocks(
          config,
          manager,
          kernels,
          new StreamedNf4(loader, config.names()::block, others),
          config.names()::block);
    }
    List<Nf4Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      String prefix = config.names().block(layer);
      List<Nf4Weight> weights = loader.allocate(prefix);
      loader.fill(prefix, weights);
      blocks.add(new Nf4Block(weights, others.get(layer), Nf4Block.Read.NOTHING));
    }
    return new Nf4Blocks(config, manager, kernels, new ResidentNf4(blocks), config.names()::block);
  }

  @Override
  public BlockStore ggufBlocks(DecoderConfig config) {
    NDArray none = manager.create(new float[0], new Shape(0));
    List<GgufBlocks.Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      String prefix = config.names().block(layer);
      List<GgufWeight> weights = new ArrayList<>();
      for (LinearLayer linear : config.linears()) {
        weights.add(
            keepsGguf(prefix, linear)
                ? ggufWeight(
                    entry(prefix + linear.path() + ".weight", new Shape(linear.out(), linear.in())))
                : null);
      }
      blocks.add(
          new GgufBlocks.Block(
              weights, others(config, prefix, linear -> keepsGguf(prefix, linear), none)));
    }
    return new GgufBlocks(config, manager, kernels, blocks, config.names()::block);
  }

  private boolean keepsGguf(String prefix, LinearLayer linear) {
    return GgufWeight.keeps(checkpoint.entry(prefix + linear.path() + ".weight"));
  }

  /** Decodes it once, to see that its numbers are finite. */
  private GgufWeight ggufWeight(TensorEntry entry) {
    GgufWeight weight = GgufWeight.load(checkpoint, entry, manager, kernels);
    try (NDManager scope = manager.newSubManager()) {
      NDArray decoded =
          kernels.differentiable(scope, "allocate", scope.create(entry.shape())).singletonOrThrow();
      weight.decode(kernels, scope, decoded);
      new FiniteCheck(kernels).require(scope, entry, decoded, 0, entry.rows());
    }
    return weight;
  }

  /** What of a block is not kept in fewer bits. */
  private List<NDArray> others(
      DecoderConfig config, String prefix, Predicate<LinearLayer> kept, NDArray none) {
    Set<String> quantized =
        config.linears().stream()
            .filter(kept)
            .map(layer -> layer.path() + ".weight")
            .collect(Collectors.toSet());
    NDArray[] arrays = new NDArray[BlockArrays.COUNT];
    Arrays.fill(arrays, none);
    for (BlockWeight weight : config.blockWeights()) {
      if (!quantized.contains(weight.path())) {
        arrays[weight.index()] =
            load(
                prefix + weight.path(),
                Decoder.shape(weight.rows(), weight.columns()),
                weight.transposed());
      }
    }
    return List.of(arrays);
  }

  private TensorEntry entry(String name, Shape expected) {
    TensorEntry entry = checkpoint.entry(name);
    if (!Arrays.equals(entry.shape(), expected.getShape())) {
      throw new LlmException(
          "checkpoint_shape_mismatch",
          "%s: tensor %s is %s, but the configuration says %s"
              .formatted(entry.file(), name, Arrays.toString(entry.shape()), expected));
    }
    return entry;
  }
}
