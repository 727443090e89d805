package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** How a generator takes tokens through the blocks of a decoder. */
sealed interface BlockPasses extends AutoCloseable permits WholePasses, BlockwisePasses {

  /** The most tokens that {@link #decode} computes at a time. */
  int chunk();

  /** Fills the cache from prompts; gives the logits [batch, vocabulary] of what follows. */
  NDArray prefill(NDManager scope, PromptTensors prompts, Cache cache);

  /**
   * Chooses tokens, as many as {@link DecodeStep#uniform} has rows, and computes what follows.
   *
   * @return tokens [n, batch] int64, their log-probabilities [n, batch], logits and drafted tokens
   *     for the next call, and [1] int64: passes over the weights
   */
  NDList decode(NDManager scope, DecodeStep step);

  @Override
  void close();
}
