package io.affinage.llm.model;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** All blocks in memory, from the beginning to the end. */
final class ResidentBlocks implements BlockStore {
  private final List<BlockWeights> blocks;

  ResidentBlocks(int layers, IntFunction<BlockWeights> loader) {
    this.blocks = IntStream.range(0, layers).mapToObj(loader).toList();
  }

  @Override
  public int layers() {
    return blocks.size();
  }

  @Override
  public boolean resident() {
    return true;
  }

  @Override
  public BlockWeights acquire(int layer) {
    return blocks.get(layer);
  }

  @Override
  public void release(int layer) {
    // They stay.
  }

  @Override
  public void close() {
    // The decoder's manager owns the arrays.
  }
}
