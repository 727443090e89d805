package io.affinage.llm.data;

import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Cuts examples, given by their indices, into micro-batches. */
public final class Batcher {
  private Batcher() {}

  /** Micro-batches of so many examples, in order; the last may be smaller. */
  public static List<int[]> byCount(int[] order, int examples) {
    requirePositive("examples per micro-batch", examples);
    List<int[]> batches = new ArrayList<>((order.length + examples - 1) / examples);
    for (int from = 0; from < order.length; from += examples) {
      batches.add(Arrays.copyOfRange(order, from, Math.min(order.length, from + examples)));
    }
    return batches;
  }

  /**
   * Micro-batches of as many successive examples as fit a number of tokens.
   *
   * @param lengths tokens by example
   * @throws LlmException {@code token_budget_too_small} when one example alone does not fit
   */
  public static List<int[]> byTokens(int[] order, int[] lengths, int budget) {
    requirePositive("tokens per micro-batch", budget);
    List<int[]> batches = new ArrayList<>();
    int from = 0;
    long tokens = 0;
    for (int i = 0; i < order.length; i++) {
      int length = lengths[order[i]];
      requireFits(order[i], length, budget);
      if (tokens + length > budget) {
        batches.add(Arrays.copyOfRange(order, from, i));
        from = i;
        tokens = 0;
      }
      tokens += length;
    }
    if (from < order.length) {
      batches.add(Arrays.copyOfRange(order, from, order.length));
    }
    return batches;
  }

  /**
   * Packs examples into rows by best-fit decreasing: the longest first, each into the fullest row
   * that still has room. Examples of equal length are taken in the given order.
   *
   * @param lengths tokens by example
   * @param capacity tokens that a row holds
   * @return rows in the order in which they were opened
   * @throws LlmException {@code token_budget_too_small} when one example alone does not fit
   */
  public static List<int[]> pack(int[] order, int[] lengths, int capacity) {
    requirePositive("tokens per row", capacity);
    int[][] byLength = countingSortDescending(order, lengths, capacity);
    List<int[]> rows = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    // Rows by the room they have left: a stack for each amount, and a set of amounts in use.
    int[] top = new int[capacity + 1];
    Arrays.fill(top, -1);
    int[] below = new int[Math.max(1, order.length)];
    BitSet rooms = new BitSet(capacity + 1);
    for (int[] group : byLength) {
      for (int example : group) {
        int length = lengths[example];
        int room = rooms.nextSetBit(length);
        int row;
        if (room < 0) {
          row = rows.size();
          rows.add(new int[4]);
          sizes.add(0);
          room = capacity;
        } else {
          row = top[room];
          top[room] = below[row];
          if (top[room] < 0) {
            rooms.clear(room);
          }
        }
        int size = sizes.get(row);
        int[] members = rows.get(row);
        if (size == members.length) {
          members = Arrays.copyOf(members, 2 * size);
          rows.set(row, members);
        }
        members[size] = example;
        sizes.set(row, size + 1);
        int left = room - length;
        below[row] = top[left];
        top[left] = row;
        rooms.set(left);
      }
    }
    for (int row = 0; row < rows.size(); row++) {
      rows.set(row, Arrays.copyOf(rows.get(row), sizes.get(row)));
    }
    return rows;
  }

  private static int[][] countingSortDescending(int[] order, int[] lengths, int capacity) {
    int[] counts = new int[capacity + 1];
    for (int example : order) {
      requireFits(example, lengths[example], capacity);
      counts[lengths[example]]++;
    }
    int[][] groups = new int[capacity + 1][];
    for (int length = 0; length <= capacity; length++) {
      groups[capacity - length] = new int[counts[length]];
    }
    int[] filled = new int[capacity + 1];
    for (int example : order) {
      int length = lengths[example];
      groups[capacity - length][filled[length]++] = example;
    }
    return groups;
  }

  private static void requireFits(int example, int length, int budget) {
    if (length > budget) {
      throw new LlmException(
          "token_budget_too_small",
          "example %d has %d tokens, more than the %d that a micro-batch may hold: raise the budget, or lower the maximum length and choose what happens to longer examples"
              .formatted(example, length, budget));
    }
  }

  private static void requirePositive(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, not " + number);
    }
  }
}
