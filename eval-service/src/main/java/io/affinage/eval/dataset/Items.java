package io.affinage.eval.dataset;

import java.util.List;

/**
 * What of a split is measured.
 *
 * @param measured the items, in order of their hash
 * @param leftOut rows of the split that are not measured
 * @param examples items of the train split that may be shown to the prompted base, in order of
 *     their hash
 */
public record Items(List<Item> measured, int leftOut, List<Item> examples) {
  public Items {
    measured = List.copyOf(measured);
    examples = List.copyOf(examples);
  }
}
