package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a run's steps minimise. */
interface StepLoss {

  /**
   * Adds the gradients of a step to the accumulators.
   *
   * @param groups of the step, different objects
   * @param noiseSeed of the first micro-batch; those after it take the numbers after it
   */
  Result accumulate(List<Group> groups, long noiseSeed);

  /** Does the work of a micro-batch, to see what it takes; the caller clears its gradients. */
  void tryOut(List<Group> microBatch);

  /**
   * What a step gives.
   *
   * @param metrics numbers by name; none where the loss says all
   */
  record Result(double loss, Map<String, Double> metrics) {

    /** The same with more numbers. */
    Result with(Map<String, Double> more) {
      if (more.isEmpty()) {
        return this;
      }
      Map<String, Double> all = new TreeMap<>(metrics);
      all.putAll(more);
      return new Result(loss, all);
    }
  }
}
