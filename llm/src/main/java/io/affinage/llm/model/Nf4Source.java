package io.affinage.llm.model;

/** Where the quantized weights of blocks are. One thread at a time. */
interface Nf4Source extends AutoCloseable {
  /** Number of blocks. */
  int layers();

  /** Whether they are on disk. */
  boolean streamed();

  /**
   * The quantized weights of a block, which stay until they are released. One or two may be in use.
   */
  Nf4Block acquire(int layer);

  /** Says that the weights of a block are not read any more. */
  void release(int layer);

  @Override
  void close();
}
