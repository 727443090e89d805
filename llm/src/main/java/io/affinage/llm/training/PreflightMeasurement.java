package io.affinage.llm.training;

import io.affinage.llm.data.PrefixTree;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.estimate.ActivationMemory;
import io.affinage.llm.training.estimate.MemoryEstimate;
import io.affinage.llm.training.estimate.TrainedArray;
import io.affinage.llm.training.estimate.TrainedMemory;
import io.affinage.llm.training.estimate.WeightMemory;
import io.affinage.llm.training.estimate.Workload;
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
    WeightMemory weights =
        decoder
            .blocks()
            .packed()
            .map(packed -> WeightMemory.of(decoder.config(), decoder.precision(), packed))
            .orElseGet(
                () ->
                    WeightMemory.of(
                        decoder.config(),
                        decoder.precision(),
                        decoder.form(),
                        decoder.blocks().streamed()));
    TrainedMemory trained =
        TrainedMemory.of(
            trainables.parameters().stream().map(PreflightMeasurement::array).toList(),
            decoder.precision(),
            trainables.bytesOfGradient(),
            settings.optimization().rule(),
            settings.regularisation().emaDecay() > 0);
    return new PreflightReport.Memory(
        weights.bytes() + trained.adapter(),
        trained.masters(),
        trained.gradients(),
        trained.optimizerState(),
        trained.average(),
        trained.elements(),
        OptionalLong.empty());
  }

  private static TrainedArray array(Trainables.Parameter parameter) {
    return new TrainedArray(
        parameter.value().shape(), parameter.ofModel(), parameter.bytesBesideWeight());
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
          "weights, gradients and optimizer state need %d MiB, but this machine has %d MiB: train an adapter or fewer weights, quantize what is not trained (nf4), choose adamw_8bit or adafactor, or page the optimizer's state; 'affinage fit' tells what would fit"
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

  /**
   * What the largest micro-batch will need beside what shapes ask for, computed: of a model whose
   * blocks are streamed a trial would take as long as steps do.
   */
  Trial computed(StepPlan plan, PreflightReport.Memory fixed) {
    PrefixTree tree = row(plan.largest()).tree();
    Workload workload =
        new Workload(
            tree.documents(),
            tree.longest(),
            1,
            List.of(),
            decoder.precision(),
            settings.optimization().rule(),
            settings.optimization().pagedState(),
            settings.recomputeActivations());
    long paged = settings.optimization().pagedState() ? fixed.optimizerState() : 0;
    return new Trial(
        OptionalLong.of(
            fixed.fixed()
                - paged
                + ActivationMemory.ofTraining(decoder.config(), workload, List.of(), true).bytes()
                + MemoryEstimate.PROCESS),
        OptionalDouble.empty());
  }

  private PrefixTreeRow row(StepPlan.Load load) {
    return GroupRow.of(
            load.groups(), decoder, settings.sharesPrefixes(), trainables.adapter().virtualTokens())
        .row();
  }

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
