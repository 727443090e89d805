package io.affinage.llm.model.config;

/** The norms that a block may have, in the order in which kernels take them. */
public enum NormSlot {
  /** Before attention, [hidden]. */
  INPUT,
  /** Of each query head, [headDim]. */
  QUERY,
  /** Of each key head, [headDim]. */
  KEY,
  /** Of what attention adds, [hidden]. */
  ATTENTION_OUTPUT,
  /** Before the feed-forward layer, [hidden]. */
  FEED_FORWARD_INPUT,
  /** Of what the feed-forward layer adds, [hidden]. */
  FEED_FORWARD_OUTPUT
}
