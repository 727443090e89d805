package io.affinage.llm.data;

import java.util.Arrays;

/**
 * Finds the child of a node by token: open addressing over primitive arrays, so that laying out a
 * row allocates nothing per token.
 */
final class ChildTable {
  /** The parent of first tokens; so is every number below it, each of a tree of its own. */
  static final int ROOT = -1;

  private final long[] keys; // (parent + 1) << 32 | token
  private final int[] nodes;
  private final int mask;

  /** A table for at most so many nodes. */
  ChildTable(int capacity) {
    int size = Integer.highestOneBit(Math.max(8, capacity)) << 2; // at most half full
    keys = new long[size];
    nodes = new int[size];
    Arrays.fill(nodes, -1);
    mask = size - 1;
  }

  /** The node of a token after its parent; {@code added} becomes that node when there was none. */
  int findOrAdd(int parent, int token, int added) {
    long key = ((long) (parent + 1) << 32) | Integer.toUnsignedLong(token);
    long mixed = key * 0x9E3779B97F4A7C15L;
    int slot = (int) (mixed >>> 32) & mask;
    while (nodes[slot] >= 0) {
      if (keys[slot] == key) {
        return nodes[slot];
      }
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    nodes[slot] = added;
    return added;
  }
}
