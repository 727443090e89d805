package io.affinage.llm.training;

import io.affinage.llm.data.Batcher;
import io.affinage.llm.data.EpochOrder;
import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Divides a step's rows into what is computed at once, rows of like length together. */
final class MicroBatches {
  private MicroBatches() {}

  /**
   * The groups of each micro-batch, which stay whole. Like lengths lie together, so that little is
   * padded in attention.
   */
  static List<List<Group>> of(List<Group> rows, Batching batching) {
    List<Group> sorted = new ArrayList<>(rows);
    List<int[]> parts;
    if (batching.tokenBudget() > 0) {
      sorted.sort(Comparator.comparingInt(Group::tokens));
      int[] lengths = sorted.stream().mapToInt(Group::tokens).toArray();
      parts =
          Batcher.byTokens(EpochOrder.sequential(sorted.size()), lengths, batching.tokenBudget());
    } else {
      int count = Math.min(batching.gradientAccumulation(), sorted.size());
      if (count > 1) {
        sorted.sort(Comparator.comparingInt(Group::tokens));
      }
      parts = evenly(sorted.size(), count);
    }
    return parts.stream().map(part -> Arrays.stream(part).mapToObj(sorted::get).toList()).toList();
  }

  private static List<int[]> evenly(int rows, int count) {
    int[] order = EpochOrder.sequential(rows);
    List<int[]> parts = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      parts.add(Arrays.copyOfRange(order, part * rows / count, (part + 1) * rows / count));
    }
    return parts;
  }

  /**
   * @throws LlmException {@code token_budget_too_small} when a row alone does not fit
   */
  static void requireFit(List<Group> rows, Batching batching) {
    if (batching.tokenBudget() == 0) {
      return;
    }
    for (Group row : rows) {
      if (row.tokens() > batching.tokenBudget()) {
        throw new LlmException(
            "token_budget_too_small",
            "the row of example %s has %d tokens, more than the %d that a micro-batch may hold: raise tokenBudget, or lower maxLength"
                .formatted(row.members().get(0).id(), row.tokens(), batching.tokenBudget()));
      }
    }
  }
}
