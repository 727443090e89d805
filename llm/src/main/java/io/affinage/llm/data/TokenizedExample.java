package io.affinage.llm.data;

import java.util.Arrays;
import java.util.Objects;

/**
 * One example as the model sees it.
 *
 * @param id names the example in errors and reports
 * @param ids token ids, [tokens]
 * @param targetSpans where loss is taken: pairs of start (inclusive) and end (exclusive) positions
 *     in {@code ids}, ascending and apart. Position 0 is never a target, for nothing predicts it.
 */
public record TokenizedExample(String id, int[] ids, int[] targetSpans) {

  public TokenizedExample {
    Objects.requireNonNull(id, "id");
    if (ids.length == 0) {
      throw new IllegalArgumentException("example " + id + " has no tokens");
    }
    if (targetSpans.length % 2 != 0) {
      throw new IllegalArgumentException("example " + id + ": a target span has no end");
    }
    int last = 0;
    for (int i = 0; i < targetSpans.length; i += 2) {
      int start = targetSpans[i];
      int end = targetSpans[i + 1];
      if (start < 1 || i > 0 && start <= last || end <= start || end > ids.length) {
        throw new IllegalArgumentException(
            "example %s: target span %d..%d does not fit %d tokens after %d"
                .formatted(id, start, end, ids.length, last));
      }
      last = end;
    }
  }

  /** An example whose targets are all tokens from a position on; position 0 is left out. */
  public static TokenizedExample targetsFrom(String id, int[] ids, int promptLength) {
    int start = Math.max(1, promptLength);
    return new TokenizedExample(
        id, ids, start < ids.length ? new int[] {start, ids.length} : new int[0]);
  }

  /** The same behind so many virtual tokens, whose ids are -1 and below. */
  public TokenizedExample behind(int virtual) {
    return virtual == 0
        ? this
        : new TokenizedExample(
            id,
            behind(virtual, ids),
            Arrays.stream(targetSpans).map(position -> position + virtual).toArray());
  }

  /** A text behind so many virtual tokens: ids from -1 downwards, then its own. */
  public static int[] behind(int virtual, int[] ids) {
    if (virtual == 0) {
      return ids;
    }
    int[] result = new int[virtual + ids.length];
    for (int i = 0; i < virtual; i++) {
      result[i] = -1 - i;
    }
    System.arraycopy(ids, 0, result, virtual, ids.length);
    return result;
  }

  /** Number of tokens. */
  public int length() {
    return ids.length;
  }

  /** Number of tokens on which loss is taken. */
  public int targetCount() {
    int count = 0;
    for (int i = 0; i < targetSpans.length; i += 2) {
      count += targetSpans[i + 1] - targetSpans[i];
    }
    return count;
  }

  /** Labels as Hugging Face writes them: the id where loss is taken, -100 elsewhere. */
  public int[] labels() {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, -100);
    for (int i = 0; i < targetSpans.length; i += 2) {
      System.arraycopy(
          ids, targetSpans[i], labels, targetSpans[i], targetSpans[i + 1] - targetSpans[i]);
    }
    return labels;
  }
}
