package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * AdamW (Loshchilov and Hutter 2019) with float32 state, as PyTorch computes it. Weight decay
 * spares norms.
 */
final class AdamW implements AutoCloseable {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final Kernels kernels;
  private final NDManager manager;
  private final Trainables trainables;
  private final double weightDecay;
  private final List<NDArray> first = new ArrayList<>();
  private final List<NDArray> second = new ArrayList<>();
  private int steps;

  AdamW(Decoder decoder, Trainables trainables, double weightDecay) {
    this.kernels = decoder.kernels();
    this.manager = decoder.manager().newSubManager();
    this.trainables = trainables;
    this.weightDecay = weightDecay;
    for (Trainables.Parameter parameter : trainables.parameters()) {
      first.add(manager.zeros(parameter.array().getShape()));
      second.add(manager.zeros(parameter.array().getShape()));
    }
  }

  /** Updates the trained arrays from their gradients, in place. */
  void step(double learningRate) {
    steps++;
    if (weightDecay == 0) {
      apply(learningRate, 0, all());
    } else {
      apply(learningRate, weightDecay, where(true));
      apply(learningRate, 0, where(false));
    }
  }

  private List<Integer> all() {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      indices.add(i);
    }
    return indices;
  }

  private List<Integer> where(boolean decays) {
    List<Integer> indices = all();
    indices.removeIf(i -> trainables.parameters().get(i).decays() != decays);
    return indices;
  }

  private void apply(double learningRate, double decay, List<Integer> indices) {
    if (indices.isEmpty()) {
      return;
    }
    List<Trainables.Parameter> parameters = trainables.parameters();
    List<NDArray> gradients = trainables.gradients();
    try (NDManager scope = manager.newSubManager()) {
      kernels.run(
          scope,
          "adamw",
          indices.stream().map(i -> parameters.get(i).array()).toList(),
          indices.stream().map(gradients::get).toList(),
          indices.stream().map(first::get).toList(),
          indices.stream().map(second::get).toList(),
          steps,
          learningRate,
          BETA1,
          BETA2,
          EPSILON,
          decay);
    }
  }

  int steps() {
    return steps;
  }

  void steps(int done) {
    steps = done;
  }

  /** Visits the state by name: {@code first.NAME} and {@code second.NAME}. */
  void forEachState(BiConsumer<String, NDArray> visitor) {
    List<Trainables.Parameter> parameters = trainables.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      visitor.accept("first." + parameters.get(i).name(), first.get(i));
      visitor.accept("second." + parameters.get(i).name(), second.get(i));
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
