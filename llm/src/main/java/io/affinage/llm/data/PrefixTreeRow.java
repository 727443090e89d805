package io.affinage.llm.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * One micro-batch as a prefix tree: tokens that documents share at their start are one node and are
 * computed once. Every document is a path from a root; attention follows the path, and a node's
 * position is its depth. Without sharing every document has nodes of its own, which is plain
 * packing.
 *
 * <p>Nodes are numbered in the order of documents and, within one, of positions. The arrays are
 * shared with the caller and are not to be written.
 *
 * @param tokens token id by node, [nodes]
 * @param depths position of the node in its documents, from 0, [nodes]
 * @param documents number of documents
 * @param longest tokens of the longest document
 * @param paths nodes of each document from its start, row-major [documents, longest]; the rest of a
 *     shorter document's row is node 0
 * @param lengths tokens by document, [documents]
 * @param owners by node, the index in {@code paths} of the first document that holds it, [nodes]
 * @param targetNodes node that predicts, by pair, ascending, [pairs]
 * @param targetTokens token to be predicted, by pair, ascending within a node, [pairs]
 * @param targetWeights how many documents have this pair, [pairs]; their sum is the number of
 *     targets
 * @param documentStarts where a document's targets begin in {@code documentPairs}, [documents + 1]
 * @param documentPairs pair of each target, document by document in reading order, [targets]
 */
public record PrefixTreeRow(
    int[] tokens,
    int[] depths,
    int documents,
    int longest,
    int[] paths,
    int[] lengths,
    int[] owners,
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
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("a row needs at least one example");
    }
    int documents = examples.size();
    int[] lengths = new int[documents];
    int[] documentStarts = new int[documents + 1];
    int total = 0;
    int longest = 0;
    for (int d = 0; d < documents; d++) {
      TokenizedExample example = examples.get(d);
      lengths[d] = example.length();
      total = Math.addExact(total, lengths[d]);
      longest = Math.max(longest, lengths[d]);
      documentStarts[d + 1] = documentStarts[d] + example.targetCount();
    }
    int[] tokens = new int[total];
    int[] depths = new int[total];
    int[] owners = new int[total];
    int[] paths = new int[Math.multiplyExact(documents, longest)];
    long[] pairs = new long[documentStarts[documents]]; // node << 32 | target
    ChildTable children = share ? new ChildTable(total) : null;
    Map<Integer, Integer> roots = new HashMap<>();
    int nodes = 0;
    int pair = 0;
    for (int d = 0; d < documents; d++) {
      int[] ids = examples.get(d).ids();
      int start = d * longest;
      int parent =
          roots.computeIfAbsent(
              kind.applyAsInt(ids.length), each -> ChildTable.ROOT - roots.size());
      for (int i = 0; i < ids.length; i++) {
        int node = share ? children.findOrAdd(parent, ids[i], nodes) : nodes;
        if (node == nodes) {
          tokens[node] = ids[i];
          depths[node] = i;
          owners[node] = start + i;
          nodes++;
        }
        paths[start + i] = node;
        parent = node;
      }
      int[] spans = examples.get(d).targetSpans();
      for (int s = 0; s < spans.length; s += 2) {
        for (int i = spans[s]; i < spans[s + 1]; i++) {
          pairs[pair++] = ((long) paths[start + i - 1] << 32) | Integer.toUnsignedLong(ids[i]);
        }
      }
    }
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
        Arrays.copyOf(tokens, nodes),
        Arrays.copyOf(depths, nodes),
        documents,
        longest,
        paths,
        lengths,
        Arrays.copyOf(owners, nodes),
        targetNodes,
        targetTokens,
        Arrays.copyOf(weights, count),
        documentStarts,
        documentPairs);
  }

  /** Number of nodes: the tokens that are computed. */
  public int nodes() {
    return tokens.length;
  }

  /** Number of tokens of all documents: what would be computed without sharing. */
  public int tokenCount() {
    int count = 0;
    for (int length : lengths) {
      count += length;
    }
    return count;
  }

  /** Number of tokens on which loss is taken: the divisor of the loss. */
  public int targetCount() {
    return documentPairs.length;
  }
}
