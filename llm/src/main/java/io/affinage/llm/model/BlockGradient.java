package io.affinage.llm.model;

/** How the gradients of a block are found. */
public enum BlockGradient {
  /**
   * By the backward pass that is written out for frozen or trained weights with LoRA beside them:
   * fast, and keeps little.
   */
  WRITTEN_OUT("block_forward"),
  /**
   * By autograd, from the same forward parts, the block computed twice: serves every adapter, and
   * is the plain reference of the other.
   */
  AUTOGRAD("autograd_forward");

  private final String forward;

  BlockGradient(String forward) {
    this.forward = forward;
  }

  /** The quickest that this adapter allows. */
  public static BlockGradient of(BlockAdapter adapter) {
    return adapter.fragment().isPresent() ? AUTOGRAD : WRITTEN_OUT;
  }

  /** The kernel that computes a block's output alone. */
  String forward() {
    return forward;
  }
}
