package io.affinage.llm.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * One micro-batch: examples as a prefix tree, and the tokens to be predicted. What is predicted at
 * a shared node by several examples alike is one pair.
 *
 * <p>The arrays are shared with the caller and are not to be written.
 *
 * @param tree the examples' tokens, a document each
 * @param targetNodes node that predicts, by pair, ascending, [pairs]
 * @param targetTokens token to be predicted, by pair, ascending within a node, [pairs]
 * @param targetWeights how many documents have this pair, [pairs]; their sum is the number of
 *     targets
 * @param documentStarts where a document's targets begin in {@code documentPairs}, [documents + 1]
 * @param documentPairs pair of each target, document by document in reading order, [targets]
 */
public record PrefixTreeRow(
    PrefixTree tree,
    int[] targetNodes,
    int[] targetTokens,
    int[] targetWeights,
    int[] documentStarts,
    int[] documentPairs) {

  /**
   * Lays examples out.
   *
   * @param examples at least one
   * @param share whether examples share the nodes of equal beginnings
   */
  public static PrefixTreeRow of(List<TokenizedExample> examples, boolean share) {
    return of(examples, share, length -> 0);
  }

  /**
   * Lays examples out of which only some may share.
   *
   * @param examples at least one
   * @param share whether examples share the nodes of equal beginnings
   * @param kind by an example's tokens: examples share with those of their kind
   */
  public static PrefixTreeRow of(
      List<TokenizedExample> examples, boolean share, IntUnaryOperator kind) {
    PrefixTree tree = tree(examples, share, kind);
    int documents = tree.documents();
    int[] documentStarts = new int[documents + 1];
    for (int d = 0; d < documents; d++) {
      documentStarts[d + 1] = documentStarts[d] + examples.get(d).targetCount();
    }
    long[] pairs = new long[documentStarts[documents]]; // node << 32 | target
    int pair = 0;
    for (int d = 0; d < documents; d++) {
      int[] ids = examples.get(d).ids();
      int[] spans = examples.get(d).targetSpans();
      for (int s = 0; s < spans.length; s += 2) {
        for (int i = spans[s]; i < spans[s + 1]; i++) {
          pairs[pair++] = ((long) tree.node(d, i - 1) << 32) | Integer.toUnsignedLong(ids[i]);
        }
      }
    }
    return of(tree, documentStarts, pairs);
  }

  /**
   * Lays examples out of which each is looked at in one place, whatever its targets are. The token
   * of a pair is the one that stands there.
   *
   * @param examples at least one
   * @param share whether examples share the nodes of equal beginnings
   * @param kind by an example's tokens: examples share with those of their kind
   * @param place of a text's ids: the position that is looked at
   */
  public static PrefixTreeRow ofPlaces(
      List<TokenizedExample> examples,
      boolean share,
      IntUnaryOperator kind,
      ToIntFunction<int[]> place) {
    PrefixTree tree = tree(examples, share, kind);
    long[] pairs = new long[examples.size()];
    for (int d = 0; d < pairs.length; d++) {
      int[] ids = examples.get(d).ids();
      int at = place.applyAsInt(ids);
      pairs[d] = ((long) tree.node(d, at) << 32) | Math.max(0, ids[at]);
    }
    return of(tree, IntStream.rangeClosed(0, pairs.length).toArray(), pairs);
  }

  private static PrefixTree tree(
      List<TokenizedExample> examples, boolean share, IntUnaryOperator kind) {
    return PrefixTree.of(examples.stream().map(TokenizedExample::ids).toList(), share, kind);
  }

  /**
   * @param pairs node << 32 | target, of each target, document by document
   */
  private static PrefixTreeRow of(PrefixTree tree, int[] documentStarts, long[] pairs) {
    long[] distinct = pairs.clone();
    Arrays.sort(distinct);
    int[] weights = new int[distinct.length];
    int count = 0;
    for (int i = 0; i < distinct.length; i++) {
      if (i == 0 || distinct[i] != distinct[count - 1]) {
        distinct[count++] = distinct[i];
      }
      weights[count - 1]++;
    }
    int[] targetNodes = new int[count];
    int[] targetTokens = new int[count];
    for (int i = 0; i < count; i++) {
      targetNodes[i] = (int) (distinct[i] >>> 32);
      targetTokens[i] = (int) distinct[i];
    }
    int[] documentPairs = new int[pairs.length];
    for (int i = 0; i < pairs.length; i++) {
      documentPairs[i] = Arrays.binarySearch(distinct, 0, count, pairs[i]);
    }
    return new PrefixTreeRow(
        tree,
        targetNodes,
        targetTokens,
        Arrays.copyOf(weights, count),
        documentStarts,
        documentPairs);
  }

  /**
   * The same filled up to a shape, with as many pairs as it has documents. Pairs that are added
   * belong to no document.
   *
   * @throws IllegalArgumentException where the shape has no room for it
   */
  public PrefixTreeRow filled(RowShape shape) {
    return new PrefixTreeRow(
        tree.filled(shape),
        Arrays.copyOf(targetNodes, shape.documents()),
        Arrays.copyOf(targetTokens, shape.documents()),
        Arrays.copyOf(targetWeights, shape.documents()),
        documentStarts,
        documentPairs);
  }

  /** Number of tokens on which loss is taken: the divisor of the loss. */
  public int targetCount() {
    return documentPairs.length;
  }

  /** Of values by pair those of a document's targets, in reading order. */
  public float[] ofDocument(int document, float[] byPair) {
    int from = documentStarts[document];
    float[] values = new float[documentStarts[document + 1] - from];
    for (int i = 0; i < values.length; i++) {
      values[i] = byPair[documentPairs[from + i]];
    }
    return values;
  }

  /** Of values by pair those of each document's targets. */
  public List<float[]> byDocument(float[] byPair) {
    return IntStream.range(0, documentStarts.length - 1)
        .mapToObj(d -> ofDocument(d, byPair))
        .toList();
  }
}
