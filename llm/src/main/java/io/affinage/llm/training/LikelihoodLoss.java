package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import java.util.List;
import java.util.Map;

/** The mean of -log p over a step's target tokens. */
final class LikelihoodLoss implements StepLoss {
  private final Backpropagation backpropagation;
  private final Batching batching;

  LikelihoodLoss(Backpropagation backpropagation, Batching batching) {
    this.backpropagation = backpropagation;
    this.batching = batching;
  }

  @Override
  public Result accumulate(List<Group> groups, long noiseSeed) {
    long targets = groups.stream().mapToLong(Group::targets).sum();
    double sum = 0;
    long noise = noiseSeed;
    for (List<Group> microBatch : MicroBatches.of(groups, batching)) {
      sum += backpropagation.accumulate(microBatch, 1.0 / targets, noise++);
    }
    return new Result(sum / targets, Map.of());
  }

  @Override
  public void tryOut(List<Group> microBatch) {
    backpropagation.accumulate(microBatch, 1e-6, 1);
  }
}
