package io.affinage.llm.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects where loss is taken, in ascending order. */
final class TargetSpans {
  private final List<Integer> spans = new ArrayList<>();

  /** Adds a span, joined to the one before where they touch. Position 0 is never a target. */
  void add(int start, int end) {
    int from = Math.max(1, start);
    if (from >= end) {
      return;
    }
    if (!spans.isEmpty() && spans.get(spans.size() - 1) >= from) {
      spans.set(spans.size() - 1, Math.max(end, spans.get(spans.size() - 1)));
    } else {
      spans.add(from);
      spans.add(end);
    }
  }

  int[] toArray() {
    return spans.stream().mapToInt(Integer::intValue).toArray();
  }

  /** How many tokens both begin with. */
  static int common(int[] a, int[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }
}
