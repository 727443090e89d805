package io.affinage.llm.training.optimizer;

import java.util.List;

/**
 * How a rule updates arrays of one kind.
 *
 * @param kernel takes lists of upper halves, lower halves, gradients and one list for each slot,
 *     then the tables, the step, a factor of the gradients, the learning rate, the weight decay and
 *     the hyperparameters
 * @param slots state of one array
 * @param tables constants that the kernel reads
 * @param hyperparameters in the kernel's order
 */
record UpdateStep(
    String kernel, List<Slot> slots, List<Table> tables, List<Double> hyperparameters) {
  UpdateStep {
    slots = List.copyOf(slots);
    tables = List.copyOf(tables);
    hyperparameters = List.copyOf(hyperparameters);
  }

  /** A constant, the same for all arrays. */
  enum Table {
    SIGNED_MAP,
    UNSIGNED_MAP
  }

  /** Whether arrays of both can be updated in one call. */
  boolean sameCall(UpdateStep other) {
    return kernel.equals(other.kernel) && hyperparameters.equals(other.hyperparameters);
  }
}
