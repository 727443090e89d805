package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.optimizer.OptimizedArray;
import io.affinage.llm.training.optimizer.Optimizer;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Tries some micro-batches of a run without changing anything, to tell what the whole run will
 * take.
 */
final class Rehearsal {
  private static final int TYPICAL = 4;
  private static final double PATIENCE_SECONDS = 20;
  private static final long TRIAL_ELEMENTS = 1 << 21;

  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final Backpropagation backpropagation;

  Rehearsal(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      Backpropagation backpropagation) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.backpropagation = backpropagation;
  }

  /** What shapes ask for. The peak is empty. */
  Preflight.Memory fixedMemory() {
    long[] weights = {0};
    decoder.forEachWeight((name, array) -> weights[0] += array.getShape().size());
    long bytes = weights[0] * decoder.precision().bytes();
    long elements = trainables.size();
    long masters = 0;
    long state = 0;
    OptimizerRule rule = settings.optimization().rule();
    for (Trainables.Parameter parameter : trainables.parameters()) {
      Shape shape = parameter.value().shape();
      state += rule.stateBytes(shape);
      masters += parameter.bytesBesideWeight();
      bytes += parameter.ofModel() ? 0 : decoder.precision().bytes() * shape.size();
    }
    return new Preflight.Memory(
        bytes,
        masters,
        trainables.gradientBytes(),
        state,
        settings.regularisation().emaDecay() > 0 ? 4 * elements : 0,
        elements,
        OptionalLong.empty());
  }

  /**
   * @throws LlmException {@code insufficient_memory} when the machine cannot hold what shapes ask
   *     for
   */
  static void requireMemory(Preflight.Memory memory, boolean paged) {
    long needed = memory.fixed() - (paged ? memory.optimizerState() : 0);
    long limit = ResidentMemory.limit();
    if (needed > limit) {
      throw new LlmException(
          "insufficient_memory",
          "weights, gradients and optimizer state need %d MiB, but this machine has %d MiB: train an adapter or fewer weights, choose adamw_8bit or adafactor, or page the optimizer's state"
              .formatted(needed >> 20, limit >> 20));
    }
  }

  /**
   * What trying some micro-batches showed.
   *
   * @param peak the most bytes that the process will hold; empty where the system does not tell
   * @param seconds of all steps
   */
  record Trial(OptionalLong peak, OptionalDouble seconds) {}

  /** Tries the largest micro-batch, some typical ones, and the largest among what they left. */
  Trial tried(StepPlan plan, Preflight.Memory fixed, int steps) {
    boolean reset = ResidentMemory.resetPeak();
    accumulate(plan.largest());
    OptionalDouble seconds = trainingSeconds(plan, steps);
    accumulate(plan.largest());
    if (decoder.manager().getDevice().isGpu()) {
      return new Trial(OptionalLong.empty(), seconds);
    }
    OptionalLong measured = reset ? ResidentMemory.peak() : ResidentMemory.now();
    // Resident state is in memory since it was made; pages of a file come with the first update.
    long untouched = settings.optimization().pagedState() ? fixed.optimizerState() : 0;
    return new Trial(
        measured.isPresent()
            ? OptionalLong.of(measured.getAsLong() + untouched)
            : OptionalLong.empty(),
        seconds);
  }

  /** Seconds of all steps: micro-batches by their work, and an update each. */
  private OptionalDouble trainingSeconds(StepPlan plan, int steps) {
    double work = 0;
    double seconds = 0;
    for (StepPlan.Load load : plan.typical(TYPICAL)) {
      work += load.work();
      seconds += timed(load);
      if (seconds > PATIENCE_SECONDS) {
        break;
      }
    }
    return OptionalDouble.of(seconds / work * plan.work() + steps * updateSeconds());
  }

  private double timed(StepPlan.Load load) {
    long start = System.nanoTime();
    accumulate(load);
    return (System.nanoTime() - start) / 1e9;
  }

  private void accumulate(StepPlan.Load load) {
    backpropagation.accumulate(load.examples(), 1e-6, 1);
    trainables.clearGradients();
  }

  /**
   * By a trial on other arrays: norm, clipping, update and what else a step does to all weights.
   */
  private double updateSeconds() {
    long elements = Math.min(trainables.size(), TRIAL_ELEMENTS);
    long columns = Math.min(elements, 1024);
    Shape shape = new Shape(Math.max(1, elements / columns), columns);
    try (NDManager scope = decoder.manager().newSubManager()) {
      Trainables.Trial matrix = trainables.trial(scope, shape);
      List<NDArray> gradients = List.of(matrix.gradient());
      try (Optimizer trial =
          new Optimizer(
              decoder.kernels(),
              scope,
              settings.optimization().rule(),
              List.of(new OptimizedArray("trial", matrix.value(), 1, 0)),
              Optional.empty())) {
        trial.update(gradients, 1e-6, 1);
        long start = System.nanoTime();
        trial.update(gradients, 1e-6, 1);
        decoder.kernels().run(scope, "squared_norm", gradients);
        decoder.kernels().run(scope, "zero_all", gradients);
        double seconds = (System.nanoTime() - start) / 1e9;
        return seconds * trainables.size() / shape.size();
      }
    }
  }
}
