package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Kernels;

/**
 * Refuses weights that are no finite numbers. Rows are summed right after they were written, while
 * caches hold them: one addition a number, and a sum is finite only where all are.
 */
final class FiniteCheck {
  private final Kernels kernels;

  FiniteCheck(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * @param array what was loaded of the entry
   * @param scope for what the check needs
   * @throws LlmException {@code checkpoint_not_finite} with the tensor's name and the first place
   */
  void require(NDManager scope, TensorEntry entry, NDArray array, long first, long rows) {
    if (!kernels.run(scope, "sum_is_finite", array, first, rows).singletonOrThrow().getBoolean()) {
      requireEach(scope, entry, array);
    }
  }

  private void requireEach(NDManager scope, TensorEntry entry, NDArray array) {
    double[] found = kernels.run(scope, "not_finite", array).singletonOrThrow().toDoubleArray();
    if (found[0] == 0) {
      return; // large numbers, whose sum alone was too large
    }
    long at = (long) found[1];
    String place =
        entry.shape().length < 2
            ? "[%d]".formatted(at)
            : "[%d, %d]".formatted(at / entry.rowElements(), at % entry.rowElements());
    throw new LlmException(
        "checkpoint_not_finite",
        "%s: tensor %s has %s at %s%s: the file is damaged, or the training that wrote it diverged"
            .formatted(
                entry.file(),
                entry.name(),
                found[2],
                place,
                found[0] > 1 ? " and %.0f more such numbers".formatted(found[0] - 1) : ""));
  }
}
