package io.affinage.llm.training;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.Reading;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.tensor.ThreadPair;
import io.affinage.llm.training.optimizer.OptimizedArray;
import io.affinage.llm.training.optimizer.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The training loop: batches, gradients over micro-batches, clipping, schedule, optimizer,
 * evaluation, checkpoints. The loss of a step is the mean over its target tokens, or what an
 * objective says, however it is divided into micro-batches. A run resumed from a checkpoint gives
 * the bits of one that was not interrupted.
 */
public final class TrainingRun implements AutoCloseable {
  private final Decoder decoder;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final TrainingInputs inputs;
  private final Optional<ThreadPair> threads;
  private final Backpropagation backpropagation;
  private final Optimizer optimizer;
  private final Optional<WeightAverage> average;
  private final TrainingCheckpoint checkpoint;
  private final Optional<Objective> objective;
  private final Optional<StartingModel> reference;
  private final BatchSource source;
  private final StepLoss stepLoss;
  private final int totalSteps;
  private final LossTrend trend = new LossTrend();
  private final Throughput throughput = new Throughput();
  private TrainingState state = TrainingState.START;

  /** The step at which the run began, here or where it was resumed. */
  private int begun;

  /** The step of the last checkpoint that this run wrote. */
  private int saved = -1;

  private Optional<Path> best = Optional.empty();
  private RunValues values;

  /**
   * @throws LlmException {@code no_held_out_examples}, {@code token_budget_too_small}, {@code
   *     token_beyond_vocabulary}, {@code optimizer_state_not_mapped}, {@code
   *     setting_without_effect}
   */
  public TrainingRun(
      Decoder decoder, Trainables trainables, TrainingSettings settings, TrainingInputs inputs) {
    this(decoder, trainables, settings, inputs, new FixedGroups(inputs.groups(), settings));
  }

  /**
   * A run whose batches come from elsewhere.
   *
   * @param inputs what the source's groups are like, for the preflight; batches and steps are
   *     counted by them
   * @throws LlmException as above; {@code reference_not_kept}
   */
  public TrainingRun(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      TrainingInputs inputs,
      BatchSource source) {
    if (settings.evaluation().everySteps() > 0 && inputs.heldOut().isEmpty()) {
      throw new LlmException(
          "no_held_out_examples",
          "evaluation during training needs held-out examples, and there are none: give the data set a validation split, or set evaluation.everySteps to 0");
    }
    requireNoSmoothing(settings, inputs);
    requireHead(trainables, inputs);
    MicroBatches.requireFit(inputs.groups(), settings.batching());
    requireTokens(decoder, inputs.groups());
    // What opening a model and encoding its data left behind, first of all the mapping of the whole
    // file, otherwise stays in memory while training needs it: tensors do not press on the heap.
    System.gc();
    this.decoder = decoder;
    this.trainables = trainables;
    this.settings = settings;
    this.inputs = inputs;
    this.optimizer =
        new Optimizer(
            decoder.kernels(),
            decoder.manager(),
            settings.optimization().rule(),
            arrays(trainables, settings.optimization()),
            pages(settings, inputs));
    this.average =
        settings.regularisation().emaDecay() > 0
            ? Optional.of(
                new WeightAverage(decoder, trainables, settings.regularisation().emaDecay()))
            : Optional.empty();
    this.source = source;
    this.totalSteps = source.totalSteps(settings, inputs.groups().size());
    this.objective = inputs.aim().map(Aim::objective);
    this.reference =
        inputs
            .aim()
            .filter(aim -> aim.objective().needs().contains(Signal.REFERENCE_LOGP))
            .map(aim -> reference(aim.reference()));
    this.checkpoint =
        new TrainingCheckpoint(decoder, trainables, optimizer, average, reference, parts());
    this.threads =
        Backpropagation.canBeDivided(decoder, trainables, settings)
            ? ThreadPair.start()
            : Optional.empty();
    this.backpropagation =
        new Backpropagation(
            decoder,
            trainables,
            settings,
            threads,
            new Reading(
                source.temperature(),
                objective.map(each -> each.needs().contains(Signal.ENTROPY)).orElse(false)));
    this.stepLoss =
        objective
            .<StepLoss>map(
                each ->
                    new ObjectiveLoss(
                        each, backpropagation, reference, source, settings.batching()))
            .orElseGet(() -> new LikelihoodLoss(backpropagation, settings.batching()));
  }

  private StartingModel reference(BlockAdapter adapter) {
    if (!(source instanceof FixedGroups) && !trainables.trainsAdapterAlone()) {
      throw new LlmException(
          "reference_not_kept",
          "%s compares with the model that training starts from, which is not there any more while its weights are trained on answers that are sampled as training goes: train an adapter, or set beta to 0"
              .formatted(objective.orElseThrow().id()));
    }
    boolean again = totalSteps > settings.totalSteps(1, inputs.groups().size());
    return new StartingModel(
        decoder,
        adapter,
        trainables.adapter().virtualTokens(),
        inputs.groups(),
        settings,
        source instanceof FixedGroups && again || !trainables.trainsAdapterAlone(),
        source.temperature());
  }

  /** What goes on where it stopped, of what has something to go on from. */
  private List<CheckpointPart> parts() {
    List<CheckpointPart> parts = new ArrayList<>();
    if (!source.position().isNull()) {
      parts.add(new SavedState("source", source::position, source::seek));
    }
    objective
        .filter(each -> !each.state().isNull())
        .ifPresent(each -> parts.add(new SavedState("objective", each::state, each::restore)));
    return parts;
  }

  private static void requireHead(Trainables trainables, TrainingInputs inputs) {
    boolean scores = inputs.aim().map(aim -> aim.objective().readsScores()).orElse(false);
    boolean values =
        inputs.aim().map(aim -> aim.objective().needs().contains(Signal.VALUE)).orElse(false);
    if (values != trainables.givesValues()) {
      throw new LlmException(
          "objective_does_not_fit",
          values
              ? "%s learns values, but what is trained has no head that gives them"
                  .formatted(inputs.aim().orElseThrow().objective().id())
              : "a head that gives values is trained by an objective that learns them");
    }
    if (scores != trainables.scalarHead().isPresent()) {
      throw new LlmException(
          "objective_does_not_fit",
          scores
              ? "%s reads scores, but what is trained has no head that gives them"
                  .formatted(inputs.aim().orElseThrow().objective().id())
              : "a head that gives scores is trained by an objective that reads them");
    }
  }

  private static void requireNoSmoothing(TrainingSettings settings, TrainingInputs inputs) {
    if (inputs.aim().isPresent() && settings.regularisation().labelSmoothing() > 0) {
      throw new LlmException(
          "setting_without_effect",
          "labelSmoothing spreads a target's probability over the vocabulary, which %s does not do: leave it out"
              .formatted(inputs.aim().get().objective().id()));
    }
  }

  /** A run over examples that each are a row of their own. */
  public static TrainingRun overExamples(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      List<TokenizedExample> examples) {
    return new TrainingRun(decoder, trainables, settings, TrainingInputs.ofExamples(examples));
  }

  /** Before the first step: a row that cannot be computed may come up after hours. */
  private static void requireTokens(Decoder decoder, List<Group> groups) {
    for (Group group : groups) {
      for (TokenizedExample example : group.members()) {
        try {
          decoder.requireTokens(example.ids());
        } catch (LlmException e) {
          throw new LlmException(
              e.code(), "example %s: %s".formatted(example.id(), e.getMessage()), e);
        }
      }
    }
  }

  private static Optional<Path> pages(TrainingSettings settings, TrainingInputs inputs) {
    if (!settings.optimization().pagedState()) {
      return Optional.empty();
    }
    return Optional.of(
        inputs
            .scratch()
            .orElseThrow(
                () -> new IllegalArgumentException("paged optimizer state needs a folder")));
  }

  private static List<OptimizedArray> arrays(Trainables trainables, Optimization optimization) {
    return trainables.parameters().stream()
        .map(parameter -> optimization.optimized(parameter, parameter.value()))
        .toList();
  }

  public int totalSteps() {
    return totalSteps;
  }

  /**
   * What the run will take: tokens counted, memory and time by trying some micro-batches; memory by
   * shapes and no time where blocks are streamed. Nothing of the run changes by it.
   *
   * @throws LlmException {@code insufficient_memory} when the machine cannot hold what is trained
   */
  public PreflightReport preflight() {
    PreflightMeasurement measurement =
        new PreflightMeasurement(decoder, trainables, settings, stepLoss);
    PreflightReport.Memory fixed = measurement.fixedMemory();
    PreflightMeasurement.requireMemory(fixed, settings.optimization().pagedState());
    StepPlan plan =
        StepPlan.of(
            decoder, inputs.groups(), settings, totalSteps, trainables.adapter().virtualTokens());
    boolean streamed = decoder.blocks().streamed();
    PreflightMeasurement.Trial trial =
        streamed ? measurement.computed(plan, fixed) : measurement.tried(plan, fixed, totalSteps);
    return new PreflightReport(
        settings,
        new PreflightReport.Counts(
            inputs.groups().size(),
            inputs.groups().stream().mapToInt(group -> group.members().size()).sum(),
            inputs.groups().stream().mapToLong(Group::tokens).sum(),
            inputs.groups().stream().mapToLong(Group::targets).sum(),
            totalSteps,
            plan.tokens(),
            plan.computedTokens()),
        fixed.withPeak(trial.peak()),
        streamed
            ? new PreflightReport.Time(
                OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty())
            : new PreflightReport.Time(
                trial.seconds(), evaluationSeconds(), referenceSeconds(plan)));
  }

  /** Of all log-probabilities that are computed before the first step. */
  private OptionalDouble referenceSeconds(StepPlan plan) {
    if (reference.isEmpty() || !reference.get().keeps()) {
      return OptionalDouble.empty();
    }
    StepPlan.Load load = plan.typical(1).get(0);
    reference.get().tryOut(load.groups());
    long start = System.nanoTime();
    reference.get().tryOut(load.groups());
    double seconds = (System.nanoTime() - start) / 1e9;
    double epochs = (double) totalSteps / settings.totalSteps(1, inputs.groups().size());
    return OptionalDouble.of(seconds / load.work() * plan.work() / epochs);
  }

  private OptionalDouble evaluationSeconds() {
    int every = settings.evaluation().everySteps();
    if (every == 0) {
      return OptionalDouble.empty();
    }
    long start = System.nanoTime();
    inputs.heldOut().orElseThrow().measure();
    double seconds = (System.nanoTime() - start) / 1e9;
    return OptionalDouble.of(seconds * ((totalSteps + every - 1) / every));
  }

  /**
   * Continues from a checkpoint that a run with the same settings, examples and base wrote, by this
   * version or another.
   *
   * @throws LlmException {@code checkpoint_mismatch} when it belongs to another run; this one is of
   *     no use then
   */
  public void resume(Path folder) {
    state = checkpoint.load(folder, values());
    best = checkpoint.bestWeights(folder, state);
    begun = state.step();
  }

  /**
   * Trains to the end, or until the listener stops it, or a source that waits for what a step
   * learns from. Afterwards the weights are the result: the last ones, their moving average, or the
   * best, as the settings say; after a stop they are those of the checkpoint, or of where the run
   * began where no step was made since.
   *
   * @param checkpoints a folder in which checkpoints are made; empty for none
   * @throws LlmException {@code non_finite_loss}, {@code non_finite_gradient}, {@code
   *     checkpoint_not_written}
   */
  public TrainingOutcome run(TrainingListener listener, Optional<Path> checkpoints) {
    Optional<CheckpointFolder> folder =
        checkpoints.map(path -> new CheckpointFolder(path, settings.checkpointing().keepLast()));
    if (settings.evaluation().keepBest() && folder.isEmpty()) {
      throw new IllegalArgumentException("keeping the best model needs a folder for checkpoints");
    }
    reference.ifPresent(StartingModel::prepare);
    throughput.mark(state.tokensSeen());
    boolean stopped = false;
    while (!finished() && !stopped) {
      Optional<List<Group>> groups = next();
      if (groups.isEmpty()) {
        stopped = true;
        if (folder.isPresent() && state.step() > begun) {
          save(folder.get(), true, listener);
        }
        break;
      }
      TrainingProgress made = step(groups.get());
      if (trend.risesWith(made.loss())) {
        listener.onLossRising(made.step(), trend.lowest(), trend.average());
      }
      listener.onStep(made);
      stopped = listener.shouldStop() && state.step() < totalSteps;
      boolean improved = evaluateWhenDue(listener);
      boolean bestToKeep = improved && settings.evaluation().keepBest();
      if (folder.isPresent() && (stopped || bestToKeep || checkpointDue())) {
        save(folder.get(), stopped || bestToKeep, listener);
      }
    }
    stopped = stopped && !finished();
    if (!stopped) {
      chooseResult();
    }
    return outcome(!stopped);
  }

  private boolean finished() {
    return state.step() >= totalSteps || stoppedEarly();
  }

  private boolean stoppedEarly() {
    int patience = settings.evaluation().patience();
    return patience > 0 && state.watch().withoutImprovement() >= patience;
  }

  private boolean checkpointDue() {
    int every = settings.checkpointing().everySteps();
    return every > 0 && state.step() % every == 0 && state.step() < totalSteps;
  }

  private void save(CheckpointFolder folder, boolean needed, TrainingListener listener) {
    Path target = folder.of(state.step());
    boolean itself = state.watch().bestStep() == state.step();
    if (saved != state.step()
        && !written(folder, needed, itself ? Optional.empty() : best, listener)) {
      return;
    }
    saved = state.step();
    if (itself && settings.evaluation().keepBest()) {
      best = Optional.of(checkpoint.evaluatedWeights(target));
    }
    listener.onCheckpoint(state.step(), target, state.losses().last());
    folder.retain(state.watch().bestStep());
  }

  /** Whether the checkpoint of this step was written; it may be left out where it is not needed. */
  private boolean written(
      CheckpointFolder folder,
      boolean needed,
      Optional<Path> bestOfAll,
      TrainingListener listener) {
    for (int tries = 1; ; tries++) {
      try {
        checkpoint.save(folder.of(state.step()), values(), state, bestOfAll);
        return true;
      } catch (LlmException e) {
        folder.discard(state.step());
        TrainingListener.Unwritten then =
            e.code().equals("checkpoint_not_written")
                ? listener.onCheckpointFailure(state.step(), needed, tries, e)
                : TrainingListener.Unwritten.END;
        if (then == TrainingListener.Unwritten.LEAVE_OUT && !needed) {
          return false;
        }
        if (then != TrainingListener.Unwritten.TRY_AGAIN) {
          throw e;
        }
      }
    }
  }

  /**
   * @return whether the held-out loss was measured and is the lowest so far
   */
  private boolean evaluateWhenDue(TrainingListener listener) {
    int every = settings.evaluation().everySteps();
    if (every == 0 || (state.step() % every != 0 && state.step() < totalSteps)) {
      return false;
    }
    average.ifPresent(WeightAverage::swap);
    double loss;
    try {
      loss = inputs.heldOut().orElseThrow().measure();
    } finally {
      average.ifPresent(WeightAverage::swap);
    }
    state = state.afterEvaluation(loss, settings.evaluation().minImprovement());
    boolean improved = state.watch().bestStep() == state.step();
    listener.onEvaluation(state.step(), loss, improved);
    return improved;
  }

  private void chooseResult() {
    if (settings.evaluation().keepBest() && best.isPresent()) {
      checkpoint.restoreWeights(best.get());
    } else {
      average.ifPresent(WeightAverage::swap);
    }
  }

  /** What the next step learns from; empty where the run was told to stop while it waited. */
  private Optional<List<Group>> next() {
    try {
      return Optional.of(source.next(state.step()));
    } catch (StopRequestedException e) {
      return Optional.empty();
    }
  }

  /** One optimizer step. */
  private TrainingProgress step(List<Group> groups) {
    int step = state.step();
    if (groups.isEmpty()) {
      state = state.afterNothing();
      source.stepped(state.step());
      return progress(
          new StepLoss.Result(0, source.metrics()), 0, settings.learningRate(step, totalSteps));
    }
    long targets = groups.stream().mapToLong(Group::targets).sum();
    long tokens = groups.stream().mapToLong(Group::tokens).sum();
    StepLoss.Result result =
        stepLoss
            .accumulate(groups, settings.seed() * 1_000_003L + step * 1_009L)
            .with(source.metrics());
    double loss = result.loss();
    double gradNorm = trainables.gradientNorm();
    double rate = settings.learningRate(step, totalSteps);
    if (Double.isFinite(loss) && Double.isFinite(gradNorm)) {
      update(gradNorm, rate);
      state = state.after(loss, tokens, targets, totalSteps);
      objective.ifPresent(each -> each.stepped(loss, result.metrics()));
    } else {
      state = state.afterSkip(tokens, targets);
      if (state.skips().inARow() >= settings.optimization().maxSkippedSteps()) {
        throw notFinite(loss, gradNorm, groups);
      }
    }
    trainables.clearGradients();
    source.stepped(state.step());
    return progress(result, gradNorm, rate);
  }

  private void update(double gradNorm, double rate) {
    double limit = settings.optimization().maxGradNorm();
    optimizer.update(
        trainables.gradients(),
        rate,
        limit > 0 && gradNorm > limit ? limit / (gradNorm + 1e-6) : 1);
    trainables.publish();
    average.ifPresent(WeightAverage::update);
  }

  private LlmException notFinite(double loss, double gradNorm, List<Group> groups) {
    boolean ofLoss = !Double.isFinite(loss);
    return new LlmException(
        ofLoss ? "non_finite_loss" : "non_finite_gradient",
        "%s of step %d is %s, as in the %d steps before it that were skipped (its examples: %s); lower the learning rate or look at these rows"
            .formatted(
                ofLoss ? "the loss" : "the gradient",
                state.step(),
                ofLoss ? loss : gradNorm,
                state.skips().inARow() - 1,
                groups.stream()
                    .flatMap(group -> group.members().stream())
                    .map(TokenizedExample::id)
                    .distinct()
                    .limit(32)
                    .toList()));
  }

  private TrainingProgress progress(StepLoss.Result result, double gradNorm, double rate) {
    throughput.mark(state.tokensSeen());
    return new TrainingProgress(
        state.step(),
        totalSteps,
        result.loss(),
        gradNorm,
        rate,
        state.skips().total(),
        state.tokensSeen(),
        state.targetTokens(),
        throughput.tokensPerSecond(),
        throughput.secondsPerStep() * (totalSteps - state.step()),
        result.metrics());
  }

  private TrainingOutcome outcome(boolean completed) {
    return new TrainingOutcome(
        completed,
        stoppedEarly(),
        state.step(),
        totalSteps,
        state.skips().total(),
        state.losses().first(),
        state.losses().last(),
        state.losses().recent(),
        state.watch().lastLoss(),
        state.watch().bestLoss(),
        state.watch().bestStep(),
        state.tokensSeen(),
        state.targetTokens());
  }

  /** What a checkpoint must have been written by to be continued here. */
  private RunValues values() {
    if (values == null) {
      values =
          RunValues.of(
              settings,
              inputs,
              decoder.precision().torchName(),
              decoder.form(),
              trainables.size(),
              trainables.adapterConfiguration());
    }
    return values;
  }

  @Override
  public void close() {
    average.ifPresent(WeightAverage::close);
    optimizer.close();
    backpropagation.close();
    reference.ifPresent(StartingModel::close);
    threads.ifPresent(ThreadPair::close);
  }
}
