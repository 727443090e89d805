package io.affinage.llm.training;

import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A row in two parts of about the same size, for two threads. */
record Halves(PrefixTreeRow first, PrefixTreeRow second) {
  /** Nodes from which on dividing pays: of fewer, reading the weights twice takes what it gives. */
  private static final int WORTH_DIVIDING = 384;

  /** What may be computed twice, since both parts have beginnings that were shared. */
  private static final double TOLERATED_REPETITION = 1.03;

  /**
   * Divides a row where that pays.
   *
   * @param layout makes a row of examples
   */
  static Optional<Halves> of(
      PrefixTreeRow whole,
      List<TokenizedExample> examples,
      Function<List<TokenizedExample>, PrefixTreeRow> layout) {
    int nodes = whole.tree().nodes();
    if (nodes < WORTH_DIVIDING || examples.size() < 2) {
      return Optional.empty();
    }
    List<TokenizedExample> longestFirst = new ArrayList<>(examples);
    longestFirst.sort(Comparator.comparingInt(TokenizedExample::length).reversed());
    List<TokenizedExample> first = new ArrayList<>();
    List<TokenizedExample> second = new ArrayList<>();
    int balance = 0;
    for (TokenizedExample example : longestFirst) {
      (balance > 0 ? second : first).add(example);
      balance += balance > 0 ? -example.length() : example.length();
    }
    Halves halves = new Halves(layout.apply(first), layout.apply(second));
    int together = halves.first.tree().nodes() + halves.second.tree().nodes();
    return together <= TOLERATED_REPETITION * nodes ? Optional.of(halves) : Optional.empty();
  }
}
