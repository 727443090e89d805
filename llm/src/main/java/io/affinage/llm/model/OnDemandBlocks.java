package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Blocks that are read from their files when they are acquired and dropped when nobody reads them
 * any more, so that memory holds one or two of them: for models that are larger than memory. The
 * files are mapped, so what is read often comes from the system's cache.
 */
public final class OnDemandBlocks implements BlockStore {
  private final int layers;
  private final IntFunction<BlockWeights> loader;
  private final Map<Integer, Held> held = new HashMap<>();
  private int most;

  private static final class Held {
    private final BlockWeights weights;
    private int readers;

    Held(BlockWeights weights) {
      this.weights = weights;
    }
  }

  public OnDemandBlocks(int layers, IntFunction<BlockWeights> loader) {
    this.layers = layers;
    this.loader = loader;
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public boolean resident() {
    return false;
  }

  @Override
  public synchronized BlockWeights acquire(int layer) {
    Held block = held.computeIfAbsent(layer, missing -> new Held(loader.apply(missing)));
    most = Math.max(most, held.size());
    block.readers++;
    return block.weights;
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
      drop(block.weights);
    }
  }

  /** Blocks in memory now. */
  synchronized int held() {
    return held.size();
  }

  @Override
  public synchronized int mostHeld() {
    return most;
  }

  /** All but the array that stands for what the model lacks, which all blocks share. */
  private static void drop(BlockWeights weights) {
    weights.arrays().stream().filter(array -> array.size() > 0).forEach(NDArray::close);
  }

  @Override
  public synchronized void close() {
    held.values().forEach(block -> drop(block.weights));
    held.clear();
  }
}
