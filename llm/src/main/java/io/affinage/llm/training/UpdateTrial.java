package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.training.optimizer.OptimizedArray;
import io.affinage.llm.training.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What an optimizer's update takes, tried on other arrays so that nothing changes: arrays of shapes
 * that are trained, some of each size, since many small ones take longer than a large one and what
 * fits the processor's cache is faster than what does not. State of a file is tried in memory.
 */
final class UpdateTrial {
  /** More than a cache holds with their state. */
  private static final long ELEMENTS = 1 << 23;

  private static final long LARGEST = 1 << 20;
  private static final int REPEATS = 9;

  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;

  UpdateTrial(Decoder decoder, Trainables trainables, TrainingSettings settings) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
  }

  /** Seconds of one update of all that is trained, its moving average included. */
  double seconds() {
    Optimization optimization = settings.optimization();
    List<OptimizedArray> arrays = new ArrayList<>();
    List<NDArray> gradients = new ArrayList<>();
    List<NDArray> averages = new ArrayList<>();
    long elements = 0;
    try (NDManager scope = decoder.manager().newSubManager()) {
      for (Trainables.Parameter parameter : chosen()) {
        Shape shape = rows(parameter.value().shape());
        Trainables.Trial trial = trainables.trial(scope, shape);
        arrays.add(optimization.optimized(parameter, trial.value()));
        gradients.add(trial.gradient());
        if (settings.regularisation().emaDecay() > 0) {
          averages.add(scope.zeros(shape));
        }
        elements += shape.size();
      }
      try (Optimizer optimizer =
          new Optimizer(decoder.kernels(), scope, optimization.rule(), arrays, Optional.empty())) {
        double[] seconds = new double[REPEATS];
        for (int i = 0; i < REPEATS; i++) {
          long start = System.nanoTime();
          // Most steps are clipped, which is a pass over the gradients of its own.
          optimizer.update(gradients, 1e-6, optimization.maxGradNorm() > 0 ? 0.5 : 1);
          average(scope, averages, arrays);
          seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return median(seconds) * trainables.size() / elements + publishing();
      }
    }
  }

  /** Some of each size, whole where they are not very large. */
  private List<Trainables.Parameter> chosen() {
    List<Trainables.Parameter> sorted = new ArrayList<>(trainables.parameters());
    sorted.sort(Comparator.comparingLong(parameter -> parameter.value().shape().size()));
    long elements =
        sorted.stream().mapToLong(parameter -> rows(parameter.value().shape()).size()).sum();
    int count = (int) Math.max(1, Math.min(1, (double) ELEMENTS / elements) * sorted.size());
    return Quantiles.of(sorted, count);
  }

  /** The shape of the first rows of an array that is large, of all otherwise. */
  private static Shape rows(Shape shape) {
    if (shape.size() <= LARGEST) {
      return shape;
    }
    long[] dimensions = shape.getShape().clone();
    dimensions[0] = Math.max(1, dimensions[0] * LARGEST / shape.size());
    return new Shape(dimensions);
  }

  private void average(NDManager scope, List<NDArray> averages, List<OptimizedArray> arrays) {
    if (!averages.isEmpty()) {
      decoder
          .kernels()
          .run(
              scope,
              "average_all",
              averages,
              arrays.stream().map(array -> array.value().parameter()).toList(),
              arrays.stream().map(array -> array.value().remainder()).toList(),
              settings.regularisation().emaDecay());
    }
  }

  /** Of what is trained itself: kernels read the same afterwards. */
  private double publishing() {
    double[] seconds = new double[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
      long start = System.nanoTime();
      trainables.publish();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    return median(seconds);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
