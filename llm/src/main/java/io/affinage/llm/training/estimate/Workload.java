package io.affinage.llm.training.estimate;

import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.List;

/**
 * What is computed at once, and how.
 *
 * @param batch texts of a micro-batch
 * @param length tokens of each
 * @param rank of the adapter
 * @param targetModules the linear layers that get an adapter, by PEFT's names
 * @param precision in which the model computes
 * @param rule of the optimizer
 * @param paged whether the optimizer's state is in a file
 * @param recompute whether of a block only its input is kept for the way back
 */
public record Workload(
    int batch,
    int length,
    int rank,
    List<String> targetModules,
    Precision precision,
    OptimizerRule rule,
    boolean paged,
    boolean recompute) {
  public Workload {
    require(batch, "batch");
    require(length, "length");
    require(rank, "rank");
    targetModules = List.copyOf(targetModules);
  }

  private static void require(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + value);
    }
  }

  /** Tokens of a micro-batch. */
  public long tokens() {
    return (long) batch * length;
  }
}
