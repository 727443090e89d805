package io.affinage.llm.model;

import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Where a decoder has the weights of its blocks. Whoever computes with a block acquires its weights
 * and releases them afterwards; between the two they are in memory. Safe for several threads.
 */
public interface BlockStore extends AutoCloseable {

  /** Makes a store. */
  @FunctionalInterface
  interface Factory {
    /**
     * @param layers number of blocks
     * @param loader makes the arrays of a block, which the store owns
     */
    BlockStore open(int layers, IntFunction<BlockWeights> loader);
  }

  /** Number of blocks. */
  int layers();

  /**
   * Whether a block has the same arrays for as long as the store is open: these alone can be
   * trained, and handles to them be kept.
   */
  boolean resident();

  /** Whether blocks are read from disk whenever they are needed, in a pass as often as it needs. */
  default boolean streamed() {
    return false;
  }

  /** The weights of a block, until they are released as often as they were acquired. */
  BlockWeights acquire(int layer);

  /** Says that the weights of a block are not read any more by one who acquired them. */
  void release(int layer);

  /**
   * Tells from now on what each use of a block took; a store whose blocks stay in memory has
   * nothing to tell.
   */
  default void observe(BlockObserver observer) {}

  /**
   * Weights that stay in memory as a file has them.
   *
   * @param elements how many
   * @param bytes that they take
   */
  record Packed(long elements, long bytes) {}

  /** What stays in memory as a file has it; empty where a form of weights alone tells. */
  default Optional<Packed> packed() {
    return Optional.empty();
  }

  /** The most blocks that were in memory at a time so far. */
  default int mostHeld() {
    return layers();
  }

  @Override
  void close();
}
