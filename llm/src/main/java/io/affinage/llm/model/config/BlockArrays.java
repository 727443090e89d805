package io.affinage.llm.model.config;

/**
 * Where the weights of a block are in the list of arrays that kernels take: weight and bias of
 * every {@link LinearSlot}, weight and bias of every {@link NormSlot}, then the scales of every
 * linear layer whose weight is stored in 4 bits.
 */
public final class BlockArrays {
  /** Where the norms begin. */
  public static final int FIRST_NORM = 2 * LinearSlot.values().length;

  /** Where the scales begin. */
  public static final int FIRST_SCALES = FIRST_NORM + 2 * NormSlot.values().length;

  /** How many arrays there are. */
  public static final int COUNT = FIRST_SCALES + LinearSlot.values().length;

  private BlockArrays() {}

  /** Of a linear layer's weight [out, in]. */
  public static int weight(LinearSlot slot) {
    return 2 * slot.ordinal();
  }

  /** Of a linear layer's bias [out]. */
  public static int bias(LinearSlot slot) {
    return 2 * slot.ordinal() + 1;
  }

  /** Of the scales of a linear layer's weight. */
  public static int scales(LinearSlot slot) {
    return FIRST_SCALES + slot.ordinal();
  }

  /** Of a norm's weight. */
  public static int weight(NormSlot slot) {
    return FIRST_NORM + 2 * slot.ordinal();
  }

  /** Of a norm's bias. */
  public static int bias(NormSlot slot) {
    return FIRST_NORM + 2 * slot.ordinal() + 1;
  }
}
