package io.affinage.trainer.llm;

import io.affinage.events.Warning;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.error.NativeFault;
import io.affinage.llm.export.AdapterExport;
import io.affinage.llm.export.Exported;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.export.RewardExport;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.PreflightReport;
import io.affinage.llm.training.TrainingOutcome;
import io.affinage.llm.training.estimate.Regime;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.Fit;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Trains with the model library: an adapter or weights of the model, on answers or documents. */
public final class LlmTrainingEngine implements TrainingEngine {
  private final String device;
  private final AnswerScorer scorer;
  private final StreamedBases streamed;
  private final ReentrantLock machine = new ReentrantLock();

  /**
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param scorer of answers that are sampled
   * @param streamed bases that have no room in memory
   */
  public LlmTrainingEngine(String device, AnswerScorer scorer, StreamedBases streamed) {
    this.device = device;
    this.scorer = scorer;
    this.streamed = streamed;
  }

  /** An engine that has all bases in memory. */
  public LlmTrainingEngine(String device, AnswerScorer scorer) {
    this(device, scorer, StreamedBases.none());
  }

  @Override
  public EngineOutcome run(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Optional<Path> resumeFrom,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    // A replay or a dry run may have begun since the job was claimed.
    try {
      while (!machine.tryLock(200, TimeUnit.MILLISECONDS)) {
        if (listener.shouldStop()) {
          return new EngineOutcome.Stopped(0);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new EngineOutcome.Stopped(0);
    }
    return runAlone(job, datasetFolder, base, resumeFrom, workFolder, listener);
  }

  @Override
  public EngineOutcome rerun(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    lockIfIdle("replays would wait for it");
    return runAlone(job, datasetFolder, base, Optional.empty(), workFolder, listener);
  }

  @Override
  public boolean isBusy() {
    return machine.isLocked();
  }

  private void lockIfIdle(String why) throws TrainingException {
    if (!machine.tryLock()) {
      throw new TrainingException(
          "trainer_busy",
          "this trainer runs a job, %s: ask again when it is idle, or another trainer"
              .formatted(why),
          null);
    }
  }

  /** Runs with the machine locked, and gives it back. */
  private EngineOutcome runAlone(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Optional<Path> resumeFrom,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    try {
      if (resumeFrom.isPresent()) {
        try {
          return resume(job, datasetFolder, base, resumeFrom.get(), workFolder, listener);
        } catch (NotResumedException e) {
          listener.onWarning(e.warning());
        }
      }
      try (TrainingSession session =
          open(job, datasetFolder, base, job.spec().dtype(), workFolder, listener)) {
        Map<String, Double> metrics = begin(session);
        listener.onPreflight(
            session.run().totalSteps(), report(session, session.run().preflight()));
        return train(job, session, metrics, workFolder, listener);
      }
    } catch (StreamedBases.StoppedException e) {
      return new EngineOutcome.Stopped(0);
    } catch (LlmException e) {
      throw failure(job, e);
    } catch (RuntimeException | OutOfMemoryError e) {
      Optional<LlmException> known = NativeFault.of(e);
      if (known.isEmpty()) {
        throw e;
      }
      throw new TrainingException(known.get().code(), known.get().getMessage(), null, e);
    } finally {
      machine.unlock();
    }
  }

  /** A base that was cut while it was streamed from what is kept here is this machine's fault. */
  private TrainingException failure(TrainingJob job, LlmException e) {
    if (e.code().equals("checkpoint_unreadable") && streamed.discard(job, e.getMessage())) {
      return new TrainingException(
          "streamed_base_damaged",
          "the base in NF4 was damaged while it was in use, and is written anew when the job goes on: "
              + e.getMessage(),
          null,
          e);
    }
    return new TrainingException(e.code(), e.getMessage(), null, e);
  }

  /** The session cannot be used any more: some of the checkpoint may be in its weights. */
  private static final class NotResumedException extends Exception {
    private static final long serialVersionUID = 1L;

    NotResumedException(LlmException cause) {
      super(cause.getMessage(), cause);
    }

    Warning warning() {
      return new Warning(
          "checkpoint_not_resumed",
          "the last checkpoint cannot be resumed, so training starts again at its first step: "
              + getMessage());
    }
  }

  private EngineOutcome resume(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Path checkpoint,
      Path workFolder,
      EngineListener listener)
      throws NotResumedException, TrainingException {
    String dtype;
    try {
      dtype = ComputeNote.dtype(checkpoint);
    } catch (LlmException e) {
      throw new NotResumedException(e);
    }
    try (TrainingSession session = open(job, datasetFolder, base, dtype, workFolder, listener)) {
      Map<String, Double> metrics = begin(session);
      try {
        session.run().resume(checkpoint);
      } catch (LlmException e) {
        throw new NotResumedException(e);
      }
      return train(job, session, metrics, workFolder, listener);
    }
  }

  private TrainingSession open(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      String dtype,
      Path workFolder,
      EngineListener listener) {
    Compute compute = Compute.of(device, dtype);
    Path scratch = workFolder.resolve("scratch");
    if (base.isPresent() && job.spec().adapter() instanceof LoraSpec lora && lora.decomposes()) {
      // Before the base is taken apart, which takes long.
      requireRoom(job, base.get().model());
    }
    return TrainingSession.open(
        job,
        datasetFolder,
        base,
        scorer,
        listener,
        compute,
        model -> {
          if (!streamed.streams(job.spec(), model)) {
            requireRoom(job, model);
            return LanguageModel.open(
                model, compute, SettingsOfSpec.weightForm(job.spec().quantization()));
          }
          LanguageModel opened = streamed.open(job, model, compute, listener, scratch);
          opened
              .decoder()
              .blocks()
              .observe(new BlockRelay(opened.decoder().shape().layers(), listener::onBlock));
          return opened;
        },
        scratch);
  }

  /** Said before a model is loaded that has no room: the system would end the process. */
  private void requireRoom(TrainingJob job, Path model) {
    Regime regime = EstimateOfSpec.regime(job.spec(), false);
    long weights = EstimateOfSpec.weights(job.spec(), model);
    if (weights > streamed.memory()) {
      throw new LlmException(
          "insufficient_memory",
          "the weights alone (%s) need %d MiB, but this machine has %d MiB: train an adapter beside a quantized base (quantization: nf4), on disk where it has no room (offload: disk); 'affinage fit' tells what fits"
              .formatted(regime.userName(), weights >> 20, streamed.memory() >> 20));
    }
  }

  @Override
  public Optional<Fit> fit(TrainingJob job, BaseFolders base) throws TrainingException {
    if (RewardModel.isWhole(base.model()) || !EstimateOfSpec.knows(job.spec())) {
      return Optional.empty();
    }
    try {
      boolean streams = streamed.streams(job.spec(), base.model());
      Regime asked = EstimateOfSpec.regime(job.spec(), streams);
      long machine = streamed.memory();
      List<Fit.Regime> regimes = new ArrayList<>();
      for (Regime regime : Regime.values()) {
        if (regime.trains()) {
          long peak = EstimateOfSpec.of(job.spec(), base.model(), regime).memory().peak();
          regimes.add(new Fit.Regime(regime.userName(), peak, peak <= machine));
        }
      }
      return Optional.of(
          new Fit(asked.userName(), regimes.get(asked.ordinal()).fits(), machine, regimes));
    } catch (LlmException e) {
      throw new TrainingException(e.code(), e.getMessage(), null, e);
    }
  }

  @Override
  public Preflight preflight(
      TrainingJob job, Path datasetFolder, Optional<BaseFolders> base, Path workFolder)
      throws TrainingException {
    lockIfIdle("so memory and time cannot be measured");
    try (TrainingSession bench =
        open(job, datasetFolder, base, job.spec().dtype(), workFolder, EngineListener.NONE)) {
      return report(bench, bench.run().preflight());
    } catch (LlmException e) {
      throw new TrainingException(e.code(), e.getMessage(), null, e);
    } catch (RuntimeException | OutOfMemoryError e) {
      Optional<LlmException> known = NativeFault.of(e);
      if (known.isEmpty()) {
        throw e;
      }
      throw new TrainingException(known.get().code(), known.get().getMessage(), null, e);
    } finally {
      machine.unlock();
    }
  }

  private static Preflight report(TrainingSession bench, PreflightReport found) {
    Map<String, Double> counts = new HashMap<>(bench.rows().counts());
    counts.put("steps", (double) found.counts().steps());
    counts.put("tokens_per_epoch", (double) found.counts().tokensPerEpoch());
    counts.put("target_tokens_per_epoch", (double) found.counts().targetTokensPerEpoch());
    counts.put("tokens", (double) found.counts().tokens());
    counts.put("tokens_computed", (double) found.counts().computedTokens());
    counts.put("held_out_rows", (double) bench.heldOut().map(HeldOut::rows).orElse(0));
    PreflightReport.Memory memory = found.memory();
    return new Preflight(
        bench.model().decoder().precision().torchName(),
        found.settings().recomputeActivations(),
        counts,
        new Preflight.Memory(
            memory.weights() + memory.masterWeights(),
            memory.gradients(),
            memory.optimizerState(),
            memory.average(),
            memory.trainedElements(),
            orNull(memory.peak()),
            ResidentMemory.limit()),
        new Preflight.Seconds(
            orNull(found.time().training()),
            orNull(found.time().evaluation()),
            orNull(found.time().reference())),
        bench.model().notes(),
        bench.warnings());
  }

  private static Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  /** What is measured before training, and before a checkpoint is restored. */
  private static Map<String, Double> begin(TrainingSession bench) {
    Map<String, Double> metrics = new HashMap<>(bench.rows().counts());
    bench.heldOut().ifPresent(rows -> metrics.put("held_out_loss_before", rows.measure().loss()));
    return metrics;
  }

  private static EngineOutcome train(
      TrainingJob job,
      TrainingSession bench,
      Map<String, Double> metrics,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    Precision precision = bench.model().decoder().precision();
    TrainingOutcome outcome =
        bench
            .run()
            .run(
                new RelayingListener(
                    listener,
                    precision,
                    bench.heldOut(),
                    bench.besideSteps(),
                    GuardRails.of(job.spec())),
                Optional.of(workFolder.resolve("checkpoints")));
    if (!outcome.completed()) {
      return new EngineOutcome.Stopped(outcome.steps());
    }
    bench.heldOut().ifPresent(rows -> note(rows, metrics));
    note(outcome, metrics);
    List<Warning> warnings = new ArrayList<>(bench.warnings());
    bench.heldOut().flatMap(rows -> rows.last().warning()).ifPresent(warnings::add);
    if (!(job.spec().objective() instanceof SampledObjective)) {
      // A surrogate of sampled answers is near 0 at every step; what rises or falls is the reward.
      Convergence.judge(outcome, metrics).ifPresent(warnings::add);
    }
    Path folder = workFolder.resolve("model");
    Exported exported = written(listener, () -> export(job, bench, metrics, warnings, folder));
    metrics.put("export_logit_error", exported.logitError());
    return new EngineOutcome.Completed(
        folder, bench.adapter().isPresent(), outcome.tokensSeen(), metrics, warnings);
  }

  private static Exported export(
      TrainingJob job,
      TrainingSession bench,
      Map<String, Double> metrics,
      List<Warning> warnings,
      Path folder) {
    if (bench.scores().isPresent()) {
      return exportScores(job, bench, bench.scores().get(), metrics, warnings, folder);
    }
    return bench.adapter().isPresent()
        ? AdapterExport.peft(bench.model(), bench.adapter().get(), folder, job.baseName())
        : ModelExport.of(bench.model(), Optional.empty(), ModelCards.of(job, metrics, warnings))
            .huggingFace(folder);
  }

  private static Exported exportScores(
      TrainingJob job,
      TrainingSession bench,
      TrainingSession.Scores scores,
      Map<String, Double> metrics,
      List<Warning> warnings,
      Path folder) {
    return bench.adapter().isPresent()
        ? RewardExport.adapter(
            bench.model(),
            new ScoredAdapter(bench.adapter().get(), scores.head()),
            scores.rendering(),
            folder,
            job.baseName())
        : RewardExport.whole(
            bench.model(),
            scores.head(),
            scores.rendering(),
            folder,
            ModelCards.of(job, metrics, warnings));
  }

  /** What was trained is in the memory: writing it is tried again until there is room for it. */
  private static Exported written(EngineListener listener, Supplier<Exported> export)
      throws TrainingException {
    for (int tries = 1; ; tries++) {
      try {
        Exported exported = export.get();
        if (tries > 1) {
          listener.onRoom("write the model", tries);
        }
        return exported;
      } catch (LlmException e) {
        if (!e.code().endsWith("_not_written")) {
          throw e;
        }
        listener.awaitRoom(
            "write the model", tries, new TrainingException(e.code(), e.getMessage(), null, e));
      }
    }
  }

  private static void note(TrainingOutcome outcome, Map<String, Double> metrics) {
    metrics.put("train_loss", outcome.recentLoss());
    metrics.put("train_loss_first", outcome.firstLoss());
    metrics.put("train_loss_last", outcome.finalLoss());
    metrics.put("steps", (double) outcome.steps());
    metrics.put("skipped_steps", (double) outcome.skippedSteps());
    metrics.put("target_tokens", (double) outcome.targetTokens());
    if (outcome.bestStep() > 0) {
      metrics.put("best_step", (double) outcome.bestStep());
      metrics.put("best_held_out_loss", outcome.bestHeldOutLoss());
      metrics.put("stopped_early", outcome.stoppedEarly() ? 1.0 : 0.0);
    }
  }

  private static void note(HeldOut rows, Map<String, Double> metrics) {
    HeldOut.Found found = rows.measure();
    metrics.put("held_out_loss_after", found.loss());
    metrics.put("held_out_rows", (double) rows.rows());
    found.metrics().forEach((name, value) -> metrics.put(HeldOut.PREFIX + name, value));
  }
}
