package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * An exponential moving average of what is trained (Polyak averaging): {@code average = decay *
 * average + (1 - decay) * weights} after each update, begun at the initial weights.
 */
final class WeightAverage implements AutoCloseable {
  private final Decoder decoder;
  private final NDManager manager;
  private final Trainables trainables;
  private final double decay;
  private final List<NDArray> averages = new ArrayList<>();

  WeightAverage(Decoder decoder, Trainables trainables, double decay) {
    this.decoder = decoder;
    this.manager = decoder.manager().newSubManager();
    this.trainables = trainables;
    this.decay = decay;
    for (Trainables.Parameter parameter : trainables.parameters()) {
      averages.add(manager.zeros(parameter.value().shape()));
    }
    call("average_all", averages, weights(), remainders(), 0.0);
  }

  void update() {
    call("average_all", averages, weights(), remainders(), decay);
  }

  /** Averages and weights exchange places; called twice, nothing has changed. */
  void swap() {
    call("swap_all", averages, weights(), remainders());
    trainables.publish();
  }

  /** Visits the averages by the names of what they average. */
  void forEach(BiConsumer<String, NDArray> visitor) {
    for (int i = 0; i < averages.size(); i++) {
      visitor.accept(trainables.parameters().get(i).name(), averages.get(i));
    }
  }

  private List<NDArray> weights() {
    return trainables.parameters().stream().map(p -> p.value().parameter()).toList();
  }

  private List<NDArray> remainders() {
    return trainables.parameters().stream().map(p -> p.value().remainder()).toList();
  }

  private void call(String kernel, Object... arguments) {
    try (NDManager scope = manager.newSubManager()) {
      decoder.kernels().run(scope, kernel, arguments);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
