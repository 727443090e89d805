package io.affinage.llm.model;

/** Hears of blocks that are brought into memory when they are used. */
@FunctionalInterface
public interface BlockObserver {
  /** Listens to nothing. */
  BlockObserver NONE = use -> {};

  /** A block is read no longer. Called on the thread that was the last to read it. */
  void used(BlockUse use);
}
