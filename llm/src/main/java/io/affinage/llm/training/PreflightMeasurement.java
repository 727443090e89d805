package io.affinage.llm.training;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Tries some micro-batches of a run without changing anything, to tell what the whole run will
 * take.
 */
final class PreflightMeasurement {
  private static final int TYPICAL = 4;
  private static final int ROUNDS = 3;

  /** Seconds after which no more micro-batches are tried. */
  private static final double PATIENCE = 20;

  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final StepLoss loss;

  PreflightMeasurement(
      Decoder decoder, Trainables trainables, TrainingSettings settings, StepLoss loss) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.loss = loss;
  }

  /** What shapes ask for. The peak is empty. */
  PreflightReport.Memory fixedMemory() {
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
    return new PreflightReport.Memory(
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
  static void requireMemory(PreflightReport.Memory memory, boolean paged) {
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
  Trial tried(StepPlan plan, PreflightReport.Memory fixed, int steps) {
    boolean reset = ResidentMemory.resetPeak();
    passOver(plan.largest());
    OptionalDouble seconds = trainingSeconds(plan, steps);
    passOver(plan.largest());
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

  /** Seconds of all steps: passes over micro-batches by their work, and what ends each step. */
  private OptionalDouble trainingSeconds(StepPlan plan, int steps) {
    List<StepPlan.Load> typical = plan.typical(TYPICAL);
    TriedRounds rounds = new TriedRounds();
    long start = System.nanoTime();
    do {
      List<TriedRounds.Pass> round = new ArrayList<>();
      for (int i = 0; i < typical.size() && (i == 0 || secondsSince(start) < PATIENCE); i++) {
        round.add(passOver(typical.get(i)));
      }
      rounds.add(round);
    } while (rounds.count() < ROUNDS && !rounds.settled() && secondsSince(start) < PATIENCE);
    double update = new UpdateTrial(decoder, trainables, settings).seconds();
    return OptionalDouble.of(rounds.secondsOf(plan.work()) + steps * (rounds.closing() + update));
  }

  private TriedRounds.Pass passOver(StepPlan.Load load) {
    long start = System.nanoTime();
    loss.tryOut(load.groups());
    double passes = secondsSince(start);
    trainables.gradientNorm();
    trainables.clearGradients();
    return new TriedRounds.Pass(load.work(), passes, secondsSince(start) - passes);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
