package io.affinage.llm.model.config;

/** How a block's feed-forward layer computes: down(activation(gate x) * up x), or without gate. */
public record FeedForwardForm(Activation activation, Gating gating) {

  /** The nonlinearity; the order is that of kernels. */
  public enum Activation {
    SILU,
    /** GELU by its approximation with tanh. */
    GELU_TANH,
    GELU
  }

  /** How gate and up projection lie; the order is that of kernels. */
  public enum Gating {
    /** No gate. */
    NONE,
    /** Two layers. */
    SEPARATE,
    /** One layer: the whole gate, then the whole up projection. */
    STACKED
  }
}
