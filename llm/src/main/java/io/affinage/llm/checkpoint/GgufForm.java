package io.affinage.llm.checkpoint;

/** What a GGUF file makes of a weight: how the file's numbers follow from Hugging Face's. */
public enum GgufForm {
  AS_IS,
  /** Rows as {@link RowOrder.RotaryPairs}. */
  ROTARY_PAIRS,
  /** Rows as {@link RowOrder.PartsOfHeads}. */
  PARTS_OF_HEADS,
  /** [out, in] where Hugging Face has [in, out]. A bias is as it is. */
  TRANSPOSED,
  /** A norm whose weight Hugging Face stores less one. */
  ONE_MORE;

  /**
   * The order of the rows [out] of a weight, or of the B matrix of an adapter to it.
   *
   * @param headSize rows of a head
   * @param heads query heads
   */
  public RowOrder.Rows rowOrder(int headSize, int heads) {
    return switch (this) {
      case AS_IS, ONE_MORE, TRANSPOSED -> RowOrder.AS_IS;
      case ROTARY_PAIRS -> new RowOrder.RotaryPairs(headSize);
      case PARTS_OF_HEADS -> new RowOrder.PartsOfHeads(headSize, heads);
    };
  }

  /** What the file's numbers are more than Hugging Face's. */
  public float more() {
    return this == ONE_MORE ? 1 : 0;
  }
}
