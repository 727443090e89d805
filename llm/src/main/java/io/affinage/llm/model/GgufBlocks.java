package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.SharedWork;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Blocks whose linear layers stay in the blocks of 4 or 8 bits that a GGUF file has them in. A
 * block is dequantized when it is acquired, by all threads that wait for it together, into arrays
 * that are used again for another block when nobody reads them any more.
 */
final class GgufBlocks implements BlockStore {
  private final DecoderConfig config;
  private final NDManager manager;
  private final Kernels kernels;
  private final List<Block> blocks;
  private final IntFunction<String> prefixes;
  private final Map<Integer, Held> held = new HashMap<>();

  /** Arrays that nobody reads, by which layers are kept: blocks may differ in that. */
  private final Map<List<Boolean>, Deque<List<NDArray>>> free = new HashMap<>();

  private int most;

  /**
   * The weights of one block.
   *
   * @param layers the weight of each linear layer, null where it is not kept as it is stored
   * @param others all other arrays, as kernels take them; an empty array for what the model lacks
   *     and for weights that are kept
   */
  record Block(List<GgufWeight> layers, List<NDArray> others) {
    Block {
      layers = Arrays.asList(layers.toArray(GgufWeight[]::new));
      others = List.copyOf(others);
    }

    private List<Boolean> kept() {
      return layers.stream().map(weight -> weight != null).toList();
    }
  }

  /** One block's arrays while they are in use. */
  private static final class Held {
    private final Block block;
    private final BlockWeights weights;
    private final List<NDArray> targets;
    private final SharedWork decoding;
    private int readers;

    Held(Block block, BlockWeights weights, List<NDArray> targets, SharedWork decoding) {
      this.block = block;
      this.weights = weights;
      this.targets = targets;
      this.decoding = decoding;
    }
  }

  /**
   * @param prefixes what the names of a block's weights begin with
   */
  GgufBlocks(
      DecoderConfig config,
      NDManager manager,
      Kernels kernels,
      List<Block> blocks,
      IntFunction<String> prefixes) {
    this.config = config;
    this.manager = manager;
    this.kernels = kernels;
    this.blocks = List.copyOf(blocks);
    this.prefixes = prefixes;
  }

  @Override
  public int layers() {
    return blocks.size();
  }

  @Override
  public boolean resident() {
    return false;
  }

  @Override
  public BlockWeights acquire(int layer) {
    Held block;
    synchronized (this) {
      block = held.computeIfAbsent(layer, this::begin);
      most = Math.max(most, held.size());
      block.readers++;
    }
    try {
      block.decoding.join();
    } catch (RuntimeException e) {
      release(layer);
      throw e;
    }
    return block.weights;
  }

  private Held begin(int layer) {
    Block block = blocks.get(layer);
    Deque<List<NDArray>> unused = free.computeIfAbsent(block.kept(), key -> new ArrayDeque<>());
    List<NDArray> targets = unused.isEmpty() ? allocate(block) : unused.pop();
    List<GgufWeight> kept = new ArrayList<>();
    NDArray[] arrays = block.others().toArray(NDArray[]::new);
    for (int i = 0; i < block.layers().size(); i++) {
      if (block.layers().get(i) != null) {
        arrays[BlockArrays.weight(config.linears().get(i).slot())] = targets.get(kept.size());
        kept.add(block.layers().get(i));
      }
    }
    return new Held(
        block,
        new BlockWeights(Arrays.asList(arrays), config.blockWeights(), prefixes.apply(layer)),
        targets,
        new SharedWork(kept.size(), i -> decode(kept.get(i), targets.get(i))));
  }

  private void decode(GgufWeight weight, NDArray target) {
    try (NDManager scope = manager.newSubManager()) {
      weight.decode(kernels, scope, target);
    }
  }

  private List<NDArray> allocate(Block block) {
    List<NDArray> targets = new ArrayList<>();
    try (NDManager scope = manager.newSubManager()) {
      for (int i = 0; i < block.layers().size(); i++) {
        if (block.layers().get(i) != null) {
          LinearLayer layer = config.linears().get(i);
          NDArray sizes = scope.create(new Shape(layer.out(), layer.in()).getShape());
          targets.add(kernels.differentiable(manager, "allocate", sizes).singletonOrThrow());
        }
      }
    }
    return targets;
  }

  @Override
  public synchronized void release(int layer) {
    Held block = held.get(layer);
    if (block == null) {
      throw new IllegalStateException("block " + layer + " is released, but nobody acquired it");
    }
    block.readers--;
    if (block.readers == 0) {
      held.remove(layer);
      free.get(block.block.kept()).push(block.targets);
    }
  }

  @Override
  public Optional<Packed> packed() {
    long elements = 0;
    long bytes = 0;
    for (Block block : blocks) {
      for (int i = 0; i < block.layers().size(); i++) {
        if (block.layers().get(i) != null) {
          elements += (long) config.linears().get(i).out() * config.linears().get(i).in();
          bytes += block.layers().get(i).bytes();
        }
      }
    }
    return Optional.of(new Packed(elements, bytes));
  }

  @Override
  public synchronized int mostHeld() {
    return most;
  }

  @Override
  public void close() {
    // The decoder's manager owns the arrays.
  }
}
