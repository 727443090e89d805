package io.affinage.llm.data;

/**
 * Sizes to which a row is filled up. Products of other sizes round otherwise, so what is computed
 * in rows of one shape has the same bits whatever else is in the row; a shape follows from a text's
 * length alone.
 *
 * @param nodes tokens that are computed
 * @param documents texts
 * @param longest tokens that a text has room for
 */
public record RowShape(int nodes, int documents, int longest) {
  // Products of this many rows come near the processor's full speed.
  private static final int NODES = 256;
  private static final int SHORTEST = 64;
  // Texts that share most of their tokens leave nodes to others.
  private static final int TEXTS_A_ROW = 4;

  /**
   * The shape of rows of texts like this one.
   *
   * @param length tokens, virtual ones included
   */
  public static RowShape of(int length) {
    int longest = SHORTEST;
    // In steps of a quarter: attention pays for room that is not used by its square.
    while (longest < length) {
      longest = Math.addExact(longest, Math.max(SHORTEST, Integer.highestOneBit(longest) / 4));
    }
    int nodes = Math.max(NODES, longest);
    return new RowShape(nodes, Math.max(1, TEXTS_A_ROW * NODES / longest), longest);
  }

  /** Whether a row has room for these texts. */
  public boolean holds(PrefixTree tree) {
    return tree.nodes() <= nodes && tree.documents() <= documents && tree.longest() <= longest;
  }
}
