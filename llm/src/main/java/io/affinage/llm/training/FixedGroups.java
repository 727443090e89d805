package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import java.util.List;

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
}
