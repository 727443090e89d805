package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.objective.Signal;
import java.util.List;
import java.util.Map;

/** Groups that are there from the start, epoch after epoch in an order of its own. */
final class FixedGroups implements BatchSource {
  private final List<Group> groups;
  private final BatchOrder order;

  FixedGroups(List<Group> groups, TrainingSettings settings) {
    this.groups = groups;
    this.order = new BatchOrder(groups.size(), settings.batching().batchSize(), settings.seed());
  }

  @Override
  public List<Group> next(int step) {
    return order.examplesOf(step).stream().map(groups::get).toList();
  }

  @Override
  public Map<Signal, float[]> known(Group group, int member) {
    return group.margin().isPresent()
        ? Map.of(Signal.MARGIN, new float[] {(float) group.margin().getAsDouble()})
        : Map.of();
  }
}
