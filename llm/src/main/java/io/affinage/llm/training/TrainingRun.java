package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The training loop: batches in a seeded order, gradients over micro-batches, clipping, schedule,
 * AdamW, checkpoints. The loss of a step is the mean over its target tokens, however it is divided
 * into micro-batches. A run resumed from a checkpoint gives the bits of one that was not
 * interrupted.
 */
public final class TrainingRun implements AutoCloseable {
  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final List<List<TokenizedExample>> rows;
  private final Backpropagation backpropagation;
  private final AdamW optimizer;
  private final BatchOrder order;
  private final int totalSteps;
  private final Deque<Long> times = new ArrayDeque<>();
  private final Deque<Long> tokensAt = new ArrayDeque<>();
  private TrainingState state = TrainingState.START;

  /**
   * @param rows what a batch counts: an example alone, or several that are packed together
   *     (attention never crosses them); non-empty, each with at least one target token
   * @throws LlmException {@code no_training_examples}, {@code empty_loss_mask}
   */
  public TrainingRun(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      List<List<TokenizedExample>> rows) {
    if (rows.isEmpty()) {
      throw new LlmException("no_training_examples", "there are no examples to train on");
    }
    for (List<TokenizedExample> row : rows) {
      if (targets(row) == 0) {
        throw new LlmException(
            "empty_loss_mask",
            "example "
                + row.get(0).id()
                + " has no target token: nothing would be learned from it");
      }
    }
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.rows = List.copyOf(rows);
    this.backpropagation =
        new Backpropagation(
            decoder, trainables, settings.recomputeActivations(), settings.dropout());
    this.optimizer = new AdamW(decoder, trainables, settings.weightDecay());
    this.order = new BatchOrder(rows.size(), settings.batchSize(), settings.seed());
    this.totalSteps = settings.totalSteps(rows.size());
  }

  /** A run over examples that each are a row of their own. */
  public static TrainingRun overExamples(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      List<TokenizedExample> examples) {
    return new TrainingRun(decoder, trainables, settings, examples.stream().map(List::of).toList());
  }

  private static int targets(List<TokenizedExample> row) {
    return row.stream().mapToInt(TokenizedExample::targetCount).sum();
  }

  private static int tokens(List<TokenizedExample> row) {
    return row.stream().mapToInt(TokenizedExample::length).sum();
  }

  public int totalSteps() {
    return totalSteps;
  }

  /**
   * Continues from a checkpoint that a run with the same settings, examples and base wrote.
   *
   * @throws LlmException {@code checkpoint_mismatch} when it belongs to another run
   */
  public void resume(Path checkpoint) {
    state = TrainingCheckpoint.load(decoder, checkpoint, fingerprint(), trainables, optimizer);
  }

  /**
   * Trains to the end, or until the listener stops it.
   *
   * @param checkpoints a folder in which checkpoints are made; empty for none
   * @throws LlmException {@code non_finite_loss}, {@code non_finite_gradient}
   */
  public TrainingOutcome run(TrainingListener listener, Optional<Path> checkpoints) {
    mark();
    boolean stopped = false;
    while (state.step() < totalSteps && !stopped) {
      TrainingProgress progress = step();
      listener.onStep(progress);
      stopped = listener.shouldStop() && state.step() < totalSteps;
      int every = settings.checkpointEverySteps();
      boolean due = every > 0 && state.step() % every == 0 && state.step() < totalSteps;
      if (checkpoints.isPresent() && (due || stopped)) {
        Path folder = checkpoints.get().resolve("checkpoint-" + state.step());
        TrainingCheckpoint.save(folder, fingerprint(), state, trainables, optimizer);
        listener.onCheckpoint(state.step(), folder, progress.loss());
      }
    }
    return new TrainingOutcome(
        !stopped,
        state.step(),
        totalSteps,
        state.firstLoss(),
        state.lastLoss(),
        state.recentLoss(),
        state.tokensSeen(),
        state.targetTokens());
  }

  /** One optimizer step. */
  private TrainingProgress step() {
    int step = state.step();
    List<Integer> chosen = order.examplesOf(step);
    long targets = 0;
    long tokens = 0;
    for (int index : chosen) {
      targets += targets(rows.get(index));
      tokens += tokens(rows.get(index));
    }
    double lossSum = 0;
    long noise = settings.seed() * 1_000_003L + step * 1_009L;
    for (List<TokenizedExample> microBatch : microBatches(chosen)) {
      PrefixTreeRow row = PrefixTreeRow.of(microBatch, settings.sharePrefixes());
      lossSum += backpropagation.accumulate(row, 1.0 / targets, noise++);
    }
    double loss = lossSum / targets;
    if (!Double.isFinite(loss)) {
      throw new LlmException("non_finite_loss", describe("the loss", loss, step, chosen));
    }
    double gradNorm = gradientNorm();
    if (!Double.isFinite(gradNorm)) {
      throw new LlmException(
          "non_finite_gradient", describe("the gradient", gradNorm, step, chosen));
    }
    if (settings.maxGradNorm() > 0 && gradNorm > settings.maxGradNorm()) {
      scaleGradients(settings.maxGradNorm() / (gradNorm + 1e-6));
    }
    double rate =
        settings.learningRate()
            * settings.schedule().factor(step, totalSteps, settings.warmupSteps(totalSteps));
    optimizer.step(rate);
    scaleGradients(0);
    state = state.after(loss, tokens, targets, totalSteps);
    return progress(loss, gradNorm, rate);
  }

  private static String describe(String what, double value, int step, List<Integer> chosen) {
    return "%s of step %d is %s (examples %s); lower the learning rate or look at these rows"
        .formatted(what, step + 1, value, chosen);
  }

  /** Examples of like length together, so that little is padded in attention. */
  private List<List<TokenizedExample>> microBatches(List<Integer> chosen) {
    List<List<TokenizedExample>> sorted = new ArrayList<>();
    chosen.forEach(index -> sorted.add(rows.get(index)));
    int parts = Math.min(settings.gradientAccumulation(), sorted.size());
    if (parts > 1) {
      sorted.sort(Comparator.comparingInt(TrainingRun::tokens));
    }
    List<List<TokenizedExample>> microBatches = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      microBatches.add(
          sorted.subList(part * sorted.size() / parts, (part + 1) * sorted.size() / parts).stream()
              .flatMap(List::stream)
              .toList());
    }
    return microBatches;
  }

  private double gradientNorm() {
    try (NDManager scope = decoder.manager().newSubManager()) {
      NDArray squared =
          decoder.kernels().run(scope, "squared_norm", trainables.gradients()).singletonOrThrow();
      return Math.sqrt(squared.getFloat());
    }
  }

  private void scaleGradients(double factor) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      String method = factor == 0 ? "zero_all" : "scale_all";
      if (factor == 0) {
        decoder.kernels().run(scope, method, trainables.gradients());
      } else {
        decoder.kernels().run(scope, method, trainables.gradients(), factor);
      }
    }
  }

  private void mark() {
    times.addLast(System.nanoTime());
    tokensAt.addLast(state.tokensSeen());
    if (times.size() > 20) {
      times.removeFirst();
      tokensAt.removeFirst();
    }
  }

  private TrainingProgress progress(double loss, double gradNorm, double rate) {
    mark();
    double seconds = (times.getLast() - times.getFirst()) / 1e9;
    double perStep = seconds / (times.size() - 1);
    return new TrainingProgress(
        state.step(),
        totalSteps,
        loss,
        gradNorm,
        rate,
        state.tokensSeen(),
        state.targetTokens(),
        (tokensAt.getLast() - tokensAt.getFirst()) / seconds,
        perStep * (totalSteps - state.step()));
  }

  /** What a checkpoint must have been written by to be continued here. */
  private String fingerprint() {
    return settings + " rows=" + rows.size() + " trainable=" + trainables.size();
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
