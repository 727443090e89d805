package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A row in two parts of about the same size, for two threads. No group is in both. */
record Halves(GroupRow first, GroupRow second) {
  /** Nodes from which on dividing pays: of fewer, reading the weights twice takes what it gives. */
  private static final int WORTH_DIVIDING = 384;

  /** What may be computed twice, since both parts have beginnings that were shared. */
  private static final double TOLERATED_REPETITION = 1.03;

  /**
   * Divides a row where that pays.
   *
   * @param layout lays groups out
   */
  static Optional<Halves> of(GroupRow whole, Function<List<Group>, GroupRow> layout) {
    int nodes = whole.row().tree().nodes();
    if (nodes < WORTH_DIVIDING || whole.groups().size() < 2) {
      return Optional.empty();
    }
    List<Group> longestFirst = new ArrayList<>(whole.groups());
    longestFirst.sort(Comparator.comparingInt(Group::tokens).reversed());
    List<Group> first = new ArrayList<>();
    List<Group> second = new ArrayList<>();
    int balance = 0;
    for (Group group : longestFirst) {
      (balance > 0 ? second : first).add(group);
      balance += balance > 0 ? -group.tokens() : group.tokens();
    }
    Halves halves = new Halves(layout.apply(first), layout.apply(second));
    int together = halves.first.row().tree().nodes() + halves.second.row().tree().nodes();
    return together <= TOLERATED_REPETITION * nodes ? Optional.of(halves) : Optional.empty();
  }
}
