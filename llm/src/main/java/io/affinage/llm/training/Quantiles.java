package io.affinage.llm.training;

import java.util.ArrayList;
import java.util.List;

/** Picks that stand for a sorted list. */
final class Quantiles {
  private Quantiles() {}

  /** So many elements, or all if there are fewer, each from the middle of an equal share. */
  static <T> List<T> of(List<T> sorted, int count) {
    int picks = Math.min(count, sorted.size());
    List<T> chosen = new ArrayList<>();
    for (int i = 0; i < picks; i++) {
      chosen.add(sorted.get((int) ((2L * i + 1) * sorted.size() / (2L * picks))));
    }
    return chosen;
  }
}
