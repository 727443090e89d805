package io.affinage.llm.model.config;

/**
 * How a block attends.
 *
 * @param scale by which scores are multiplied
 * @param scoreCap scores s become cap * tanh(s / cap); 0 without a cap
 * @param packing how the projections lie
 * @param queryKeyNorm whether queries and keys are normalized, head by head
 * @param window positions that a windowed layer sees, itself included; 0 where no layer is windowed
 */
public record AttentionForm(
    double scale, double scoreCap, Packing packing, boolean queryKeyNorm, int window) {

  /** How the projections to queries, keys and values lie; the order is that of kernels. */
  public enum Packing {
    /** Three layers. */
    SEPARATE,
    /** One layer: all queries, then all keys, then all values. */
    STACKED,
    /** One layer: query, key and value of the first head, then of the next. */
    PER_HEAD
  }
}
