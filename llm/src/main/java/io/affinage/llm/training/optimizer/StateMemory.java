package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Where an optimizer's state lies. */
@FunctionalInterface
interface StateMemory {
  /** The next array, filled with zeros. */
  NDArray zeros(Slot slot);

  /** In native memory of the manager. */
  static StateMemory resident(NDManager manager) {
    return slot -> manager.zeros(slot.shape(), slot.type());
  }
}
