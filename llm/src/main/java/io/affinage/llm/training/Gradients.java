package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of a step, one for each trained array.
 *
 * <p>Those of several micro-batches are added up in float32 arrays that are always there. Where a
 * step is one micro-batch there is nothing to add: what kernels return is kept as it is, in their
 * type, from when a block is done until the step is.
 */
final class Gradients {
  private final Kernels kernels;
  private final NDManager manager;
  private final boolean kept;
  private final List<NDArray> weights = new ArrayList<>();
  private final List<NDArray> arrays = new ArrayList<>();

  /**
   * @param manager owns the gradients
   * @param kept whether a step is one micro-batch, so that gradients are kept, not added up
   */
  Gradients(Kernels kernels, NDManager manager, boolean kept) {
    this.kernels = kernels;
    this.manager = manager;
    this.kept = kept;
  }

  /** Makes room for the gradient of one more array. */
  void include(NDArray weight) {
    weights.add(weight);
    arrays.add(kept ? null : manager.zeros(weight.getShape()));
  }

  /** Zeros, kept as a gradient of this weight would be. */
  NDArray zeros(NDManager scope, NDArray weight) {
    return kept
        ? kernels.differentiable(scope, "zeros_of", weight).singletonOrThrow()
        : scope.zeros(weight.getShape());
  }

  /**
   * Adds gradients of the arrays from an index on, and takes them over.
   *
   * @param found in the arrays' order
   */
  void add(int from, NDList found) {
    List<NDArray> totals = new ArrayList<>();
    NDList added = new NDList();
    for (int i = 0; i < found.size(); i++) {
      if (arrays.get(from + i) == null) {
        found.get(i).attach(manager);
        arrays.set(from + i, found.get(i));
      } else {
        totals.add(arrays.get(from + i));
        added.add(found.get(i));
      }
    }
    if (!totals.isEmpty()) {
      try (NDManager scope = manager.newSubManager()) {
        kernels.run(scope, "add_all", totals, added);
      }
      added.forEach(NDArray::close);
    }
  }

  int bytesOfElement(Precision model) {
    return kept ? model.bytes() : Float.BYTES;
  }

  /** One gradient, zeros until something is added. */
  NDArray at(int index) {
    if (arrays.get(index) == null) {
      arrays.set(index, zeros(manager, weights.get(index)));
    }
    return arrays.get(index);
  }

  /** All gradients, zeros where nothing was added. */
  List<NDArray> all() {
    List<NDArray> all = new ArrayList<>();
    for (int i = 0; i < arrays.size(); i++) {
      all.add(at(i));
    }
    return all;
  }

  void clear() {
    if (!kept) {
      try (NDManager scope = manager.newSubManager()) {
        kernels.run(scope, "zero_all", arrays);
      }
      return;
    }
    for (int i = 0; i < arrays.size(); i++) {
      if (arrays.get(i) != null) {
        arrays.get(i).close();
        arrays.set(i, null);
      }
    }
  }
}
