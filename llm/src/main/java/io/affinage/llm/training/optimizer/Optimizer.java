package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A rule at work on arrays. Its state is native memory, or pages of a file, until closed. */
public final class Optimizer implements AutoCloseable {
  private final Kernels kernels;
  private final NDManager manager;
  private final List<Group> groups = new ArrayList<>();
  private final Map<UpdateStep.Table, NDArray> tables = new EnumMap<>(UpdateStep.Table.class);
  private int updates;

  /**
   * Arrays that one kernel call updates.
   *
   * @param places where they stand among all
   */
  private record Group(
      UpdateStep step,
      double rateFactor,
      double decay,
      List<OptimizedArray> arrays,
      List<Integer> places,
      List<List<NDArray>> slots) {}

  /**
   * @param pages a folder for the state's file, which the operating system may write out when
   *     memory is short; empty to keep the state in memory. The file has no name once it is open,
   *     so none is left behind
   * @throws LlmException {@code optimizer_state_not_mapped}
   */
  public Optimizer(
      Kernels kernels,
      NDManager parent,
      OptimizerRule rule,
      List<OptimizedArray> arrays,
      Optional<Path> pages) {
    this.kernels = kernels;
    this.manager = parent.newSubManager();
    try {
      StateMemory memory =
          pages.isPresent()
              ? MappedState.of(kernels, manager, pages.get(), slots(rule, arrays))
              : StateMemory.resident(manager);
      for (int i = 0; i < arrays.size(); i++) {
        place(arrays.get(i), i, rule.stepFor(arrays.get(i).value().shape()), memory);
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static List<Slot> slots(OptimizerRule rule, List<OptimizedArray> arrays) {
    return arrays.stream()
        .flatMap(array -> rule.stepFor(array.value().shape()).slots().stream())
        .toList();
  }

  private void place(OptimizedArray array, int place, UpdateStep step, StateMemory memory) {
    Group group =
        groups.stream()
            .filter(g -> g.step.sameCall(step))
            .filter(g -> g.rateFactor == array.rateFactor() && g.decay == array.decay())
            .findFirst()
            .orElseGet(() -> newGroup(step, array));
    group.arrays.add(array);
    group.places.add(place);
    for (int slot = 0; slot < step.slots().size(); slot++) {
      group.slots.get(slot).add(memory.zeros(step.slots().get(slot)));
    }
  }

  private Group newGroup(UpdateStep step, OptimizedArray first) {
    List<List<NDArray>> slots = new ArrayList<>();
    step.slots().forEach(slot -> slots.add(new ArrayList<>()));
    Group group =
        new Group(
            step, first.rateFactor(), first.decay(), new ArrayList<>(), new ArrayList<>(), slots);
    groups.add(group);
    step.tables().forEach(table -> tables.computeIfAbsent(table, this::table));
    return group;
  }

  private NDArray table(UpdateStep.Table table) {
    return manager.create(DynamicMap.values(table == UpdateStep.Table.SIGNED_MAP));
  }

  /**
   * Updates the arrays from their gradients, in place.
   *
   * @param gradients of all arrays, in their order and shapes, float32 or the type of their weights
   * @param gradientFactor multiplies the gradients first, for clipping; they may be changed by it
   */
  public void update(List<NDArray> gradients, double learningRate, double gradientFactor) {
    updates++;
    for (Group group : groups) {
      List<Object> arguments = new ArrayList<>();
      List<MasterWeight> values = group.arrays.stream().map(OptimizedArray::value).toList();
      arguments.add(MasterWeight.parameters(values));
      arguments.add(MasterWeight.remainders(values));
      arguments.add(group.places.stream().map(gradients::get).toList());
      arguments.addAll(group.slots);
      group.step.tables().forEach(table -> arguments.add(tables.get(table)));
      arguments.add(updates);
      arguments.add(gradientFactor);
      arguments.add(learningRate * group.rateFactor);
      arguments.add(group.decay);
      arguments.addAll(group.step.hyperparameters());
      try (NDManager scope = manager.newSubManager()) {
        kernels.run(scope, group.step.kernel(), arguments.toArray());
      }
    }
  }

  /** Updates made so far, those before a resume included. */
  public int updates() {
    return updates;
  }

  /** Continues after so many updates; the state's arrays are to be restored beside. */
  public void continueAfter(int made) {
    updates = made;
  }

  /** Visits the state by name: {@code SLOT.NAME}, for example {@code first.lm_head.weight}. */
  public void forEachState(BiConsumer<String, NDArray> visitor) {
    for (Group group : groups) {
      for (int slot = 0; slot < group.slots.size(); slot++) {
        String prefix = group.step.slots().get(slot).name() + ".";
        for (int i = 0; i < group.arrays.size(); i++) {
          visitor.accept(prefix + group.arrays.get(i).name(), group.slots.get(slot).get(i));
        }
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
