package io.affinage.llm.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * Documents as a prefix tree: tokens that documents share at their start are one node and are
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
 */
public record PrefixTree(
    int[] tokens,
    int[] depths,
    int documents,
    int longest,
    int[] paths,
    int[] lengths,
    int[] owners) {

  /**
   * Lays documents out of which only some may share.
   *
   * @param texts token ids of each document; at least one document
   * @param share whether documents share the nodes of equal beginnings
   * @param kind by a document's tokens: documents share with those of their kind
   */
  public static PrefixTree of(List<int[]> texts, boolean share, IntUnaryOperator kind) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("a prefix tree needs at least one document");
    }
    int documents = texts.size();
    int[] lengths = texts.stream().mapToInt(text -> text.length).toArray();
    int total = 0;
    int longest = 0;
    for (int length : lengths) {
      total = Math.addExact(total, length);
      longest = Math.max(longest, length);
    }
    int[] tokens = new int[total];
    int[] depths = new int[total];
    int[] owners = new int[total];
    int[] paths = new int[Math.multiplyExact(documents, longest)];
    ChildTable children = share ? new ChildTable(total) : null;
    Map<Integer, Integer> roots = new HashMap<>();
    int nodes = 0;
    for (int d = 0; d < documents; d++) {
      int[] ids = texts.get(d);
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
    }
    return new PrefixTree(
        Arrays.copyOf(tokens, nodes),
        Arrays.copyOf(depths, nodes),
        documents,
        longest,
        paths,
        lengths,
        Arrays.copyOf(owners, nodes));
  }

  /**
   * The same with copies of the first document, and nodes that no document has, up to a shape.
   *
   * @throws IllegalArgumentException where the shape has no room for it
   */
  public PrefixTree filled(RowShape shape) {
    if (!shape.holds(this)) {
      throw new IllegalArgumentException(
          "%d nodes, %d documents of up to %d tokens are no row of %s"
              .formatted(nodes(), documents, longest, shape));
    }
    int[] filledTokens = Arrays.copyOf(tokens, shape.nodes());
    Arrays.fill(filledTokens, nodes(), shape.nodes(), tokens[0]);
    int[] filledLengths = Arrays.copyOf(lengths, shape.documents());
    Arrays.fill(filledLengths, documents, shape.documents(), lengths[0]);
    int[] filledPaths = new int[Math.multiplyExact(shape.documents(), shape.longest())];
    for (int d = 0; d < shape.documents(); d++) {
      int from = d < documents ? d * longest : 0;
      System.arraycopy(paths, from, filledPaths, d * shape.longest(), longest);
    }
    int[] filledOwners = new int[shape.nodes()];
    for (int n = 0; n < nodes(); n++) {
      filledOwners[n] = owners[n] / longest * shape.longest() + owners[n] % longest;
    }
    return new PrefixTree(
        filledTokens,
        Arrays.copyOf(depths, shape.nodes()),
        shape.documents(),
        shape.longest(),
        filledPaths,
        filledLengths,
        filledOwners);
  }

  /** Number of nodes: the tokens that are computed. */
  public int nodes() {
    return tokens.length;
  }

  /** Number of tokens of all documents: what would be computed without sharing. */
  public int tokenCount() {
    return Arrays.stream(lengths).sum();
  }

  /** The node of a document's position. */
  public int node(int document, int position) {
    return paths[document * longest + position];
  }

  /** By node, the tokens of the first document that holds it, [nodes]. */
  public int[] textLengths() {
    return Arrays.stream(owners).map(owner -> lengths[owner / longest]).toArray();
  }
}
