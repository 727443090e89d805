package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Architecture;
import io.affinage.events.TrainingSpec.Evaluation;
import io.affinage.events.TrainingSpec.Optimizer;
import io.affinage.events.TrainingSpec.Regularisation;
import io.affinage.events.TrainingSpec.Weights;
import io.affinage.events.Warning;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.SmallDisk;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real library on a model that is small enough to be trained here from nothing. */
@Tag("slow")
class LlmTrainingEngineTest {
  private static final Architecture TINY = new Architecture(32, 64, 2, 2, 1, 300, 64);
  private static final List<String> COLOURS = List.of("red", "green", "blue", "white");

  @TempDir Path folder;
  private final LlmTrainingEngine engine = new LlmTrainingEngine("cpu", NoRewards.SCORER);

  @Test
  void shouldPretrainFromScratchAndTuneAnAdapterOnTheResult() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    Path adapter = folder.resolve("adapter");
    Recorder recorder = new Recorder(-1);

    EngineOutcome.Completed tuned =
        (EngineOutcome.Completed)
            engine.run(
                new TrainingJob("tune", tuning(12, null), "tiny"),
                answers(),
                onlyModel(base),
                Optional.empty(),
                Files.createDirectories(adapter),
                recorder);

    assertThat(base.adapter()).isFalse();
    assertThat(base.modelFolder().resolve("model.safetensors")).isNotEmptyFile();
    assertThat(base.modelFolder().resolve("tokenizer.json")).isNotEmptyFile();
    assertThat(base.modelFolder().resolve("README.md"))
        .content()
        .contains("| learningRate | 0.003 |", "- type: \"train_loss\"");
    assertThat(base.metrics().get("export_logit_error")).isLessThan(1e-4);
    assertThat(tuned.metrics().get("export_logit_error")).isLessThan(1e-6);
    assertThat(tuned.adapter()).isTrue();
    assertThat(tuned.modelFolder().resolve("adapter_model.safetensors")).isNotEmptyFile();
    assertThat(tuned.modelFolder().resolve("adapter_config.json"))
        .content()
        .contains("\"base_model_name_or_path\" : \"tiny\"");
    assertThat(tuned.trainedTokens()).isPositive();
    assertThat(tuned.metrics().get("train_loss_last"))
        .isLessThan(tuned.metrics().get("train_loss_first"));
    assertThat(tuned.metrics().get("held_out_loss_after"))
        .isLessThan(tuned.metrics().get("held_out_loss_before"));
    assertThat(recorder.steps).hasSize(12);
    Preflight preflight = recorder.preflight;
    assertThat(preflight.dtype()).isEqualTo("float32");
    assertThat(preflight.counts().get("steps")).isEqualTo(12.0);
    assertThat(preflight.counts().get("tokens")).isEqualTo((double) tuned.trainedTokens());
    assertThat(preflight.counts().get("target_tokens_per_epoch")).isPositive();
    assertThat(preflight.memory().gradients())
        .isEqualTo(4 * preflight.memory().trainedParameters());
    assertThat(preflight.seconds().training()).isPositive();
  }

  private static Optional<BaseFolders> onlyModel(EngineOutcome.Completed base) {
    return Optional.of(new BaseFolders(base.modelFolder(), Optional.empty()));
  }

  /** An adapter from a run is trained on: it begins where that run ended. */
  @Test
  void shouldGoOnTrainingAnAdapter() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    EngineOutcome.Completed first =
        tuned("first", tuning(12, null), onlyModel(base), Optional.empty());
    Optional<BaseFolders> parent =
        Optional.of(new BaseFolders(base.modelFolder(), Optional.of(first.modelFolder())));

    EngineOutcome.Completed second = tuned("second", tuning(4, null), parent, Optional.empty());

    assertThat(second.adapter()).isTrue();
    assertThat(second.metrics().get("held_out_loss_before"))
        .isEqualTo(first.metrics().get("held_out_loss_after"));
    assertThat(second.metrics().get("held_out_loss_after"))
        .isLessThan(first.metrics().get("held_out_loss_after"));
    assertThat(Files.readAllBytes(second.modelFolder().resolve("adapter_model.safetensors")))
        .isNotEqualTo(Files.readAllBytes(first.modelFolder().resolve("adapter_model.safetensors")));
  }

  @Test
  void shouldRefuseToGoOnWithAnotherShape() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    EngineOutcome.Completed first =
        tuned("first", tuning(2, null), onlyModel(base), Optional.empty());
    Optional<BaseFolders> parent =
        Optional.of(new BaseFolders(base.modelFolder(), Optional.of(first.modelFolder())));
    TrainingSpec other = tuning(2, 64.0);

    TrainingException refusal =
        catchThrowableOfType(
            TrainingException.class, () -> tuned("other", other, parent, Optional.empty()));

    assertThat(refusal.detail().code()).isEqualTo("adapter_does_not_fit");
  }

  private EngineOutcome.Completed tuned(
      String name, TrainingSpec spec, Optional<BaseFolders> base, Optional<Path> resumeFrom)
      throws Exception {
    return (EngineOutcome.Completed)
        engine.run(
            new TrainingJob(name, spec, "tiny"),
            answers(),
            base,
            resumeFrom,
            Files.createDirectories(folder.resolve(name)),
            new Recorder(-1));
  }

  /** Continued pre-training (Gururangan et al. 2020): the same documents' kind, from a base. */
  @Test
  void shouldGoOnPretrainingFromABase() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));

    EngineOutcome.Completed continued =
        (EngineOutcome.Completed)
            engine.run(
                new TrainingJob("continued", pretraining(null), "tiny"),
                moreDocuments(),
                onlyModel(base),
                Optional.empty(),
                Files.createDirectories(folder.resolve("continued")),
                new Recorder(-1));

    assertThat(continued.adapter()).isFalse();
    for (String file : List.of("tokenizer.json", "config.json")) {
      assertThat(continued.modelFolder().resolve(file))
          .hasSameTextualContentAs(base.modelFolder().resolve(file));
    }
    assertThat(continued.metrics().get("train_loss_first"))
        .isLessThan(base.metrics().get("train_loss_first"));
    assertThat(continued.metrics().get("held_out_loss_after"))
        .isLessThan(continued.metrics().get("held_out_loss_before"));
    assertThat(weights(continued)).isNotEqualTo(weights(base));
  }

  @Test
  void shouldEndInTheSameBitsWhenStoppedAndResumed() throws Exception {
    byte[] whole = weights(pretrained(Optional.empty(), new Recorder(-1)));
    Recorder stopping = new Recorder(3);
    EngineOutcome stopped = pretrain(Optional.empty(), stopping);

    EngineOutcome.Completed resumed =
        pretrained(Optional.of(stopping.checkpoint), new Recorder(-1));

    assertThat(stopped).isEqualTo(new EngineOutcome.Stopped(3));
    assertThat(weights(resumed)).isEqualTo(whole);
  }

  /**
   * As after an upgrade that reads the data otherwise: nothing is lost but time, and it is told.
   */
  @Test
  void shouldStartAgainAndSaySoWhereTheCheckpointIsOfAnotherRun() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    byte[] whole = adapter(tuned("a", tuning(6, null), onlyModel(base), Optional.empty()));
    Recorder stopping = new Recorder(3);
    run("b", new TrainingJob("b", tuning(9, null), "tiny"), base, Optional.empty(), stopping);
    Recorder again = new Recorder(-1);

    EngineOutcome restarted =
        run(
            "c",
            new TrainingJob("c", tuning(6, null), "tiny"),
            base,
            Optional.of(stopping.checkpoint),
            again);

    assertThat(again.warnings)
        .singleElement()
        .satisfies(
            warning -> {
              assertThat(warning.code()).isEqualTo("checkpoint_not_resumed");
              assertThat(warning.message()).contains("steps is 9 there and 6 here");
            });
    assertThat(again.steps).hasSize(6);
    assertThat(adapter((EngineOutcome.Completed) restarted)).isEqualTo(whole);
  }

  @Test
  void shouldStartAgainWhereAnotherDatasetOrNoCheckpointIsFound() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    TrainingJob of = new TrainingJob("d", tuning(4, null), "tiny", Map.of("dataset", "sha256:a"));
    Recorder stopping = new Recorder(2);
    run("d", of, base, Optional.empty(), stopping);
    TrainingJob other =
        new TrainingJob("e", tuning(4, null), "tiny", Map.of("dataset", "sha256:b"));
    Recorder elsewhere = new Recorder(-1);
    Recorder nowhere = new Recorder(-1);

    run("e", other, base, Optional.of(stopping.checkpoint), elsewhere);
    Path nothing = Files.createDirectories(folder.resolve("nothing"));
    run("f", of, base, Optional.of(nothing), nowhere);

    assertThat(elsewhere.warnings)
        .singleElement()
        .extracting(Warning::message)
        .asString()
        .contains("origin.dataset is sha256:a there and sha256:b here");
    assertThat(elsewhere.steps).hasSize(4);
    assertThat(nowhere.warnings)
        .extracting(Warning::code)
        .containsExactly("checkpoint_not_resumed");
    assertThat(nowhere.steps).hasSize(4);
  }

  private EngineOutcome run(
      String name,
      TrainingJob job,
      EngineOutcome.Completed base,
      Optional<Path> resumeFrom,
      Recorder recorder)
      throws Exception {
    return engine.run(
        job,
        answers(),
        onlyModel(base),
        resumeFrom,
        Files.createDirectories(folder.resolve(name)),
        recorder);
  }

  private static byte[] adapter(EngineOutcome.Completed outcome) throws IOException {
    return Files.readAllBytes(outcome.modelFolder().resolve("adapter_model.safetensors"));
  }

  @Test
  void shouldWaitForRoomOnAFullDiskAndEndInTheSameBits() throws Exception {
    byte[] whole = weights(pretrained(Optional.empty(), new Recorder(-1)));
    List<String> waits = new ArrayList<>();
    List<Integer> missed = new ArrayList<>();
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectories(folder.resolve("disk")), 4)) {
      EngineListener listener =
          new EngineListener() {
            @Override
            public void onStep(EngineProgress progress) {
              if (progress.step() == 1) {
                disk.fill();
              }
            }

            @Override
            public void onCheckpoint(int step, Path folder, Double trainLoss) {
              throw new AssertionError("there is no room for a checkpoint");
            }

            @Override
            public void onCheckpointMissed(int step, Exception failure) {
              missed.add(step);
            }

            @Override
            public void awaitRoom(String what, int tries, TrainingException failure) {
              waits.add(what + " " + tries + " " + failure.detail().code());
              if (tries == 3) {
                disk.free();
              }
            }

            @Override
            public void onRoom(String what, int tries) {
              waits.add("could " + what);
            }

            @Override
            public boolean shouldStop() {
              return false;
            }
          };
      EngineOutcome outcome =
          engine.run(
              new TrainingJob("base", pretraining(TINY), null),
              documents(),
              Optional.empty(),
              Optional.empty(),
              Files.createDirectories(disk.folder().resolve("work")),
              listener);

      assertThat(weights((EngineOutcome.Completed) outcome)).isEqualTo(whole);
      assertThat(missed).containsExactly(4);
      assertThat(waits)
          .containsExactly(
              "write the model 1 checkpoint_not_written",
              "write the model 2 checkpoint_not_written",
              "write the model 3 checkpoint_not_written",
              "could write the model");
    }
  }

  @Test
  void shouldTrainTheLastLayerInSixteenBitsUntilTheHeldOutLossRises() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));

    EngineOutcome.Completed tuned =
        (EngineOutcome.Completed)
            engine.run(
                new TrainingJob("partial", partial(), "tiny"),
                answers(),
                onlyModel(base),
                Optional.empty(),
                Files.createDirectories(folder.resolve("partial")),
                new Recorder(-1));

    assertThat(tuned.adapter()).isFalse();
    assertThat(tuned.modelFolder().resolve("model.safetensors")).isNotEmptyFile();
    assertThat(tuned.metrics().get("held_out_loss_after"))
        .isLessThan(tuned.metrics().get("held_out_loss_before"))
        .isEqualTo(tuned.metrics().get("best_held_out_loss"));
    assertThat(tuned.metrics().get("stopped_early")).isEqualTo(1.0);
    assertThat(tuned.metrics().get("steps"))
        .isEqualTo(tuned.metrics().get("best_step") + 2 * 2)
        .isLessThan(400);
  }

  @Test
  void shouldSayWhichWeightsThereAreWhenAPatternFitsNone() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                engine.run(
                    new TrainingJob(
                        "wrong", weights(new Weights(null, null, List.of("h.1.*"), null)), "tiny"),
                    answers(),
                    onlyModel(base),
                    Optional.empty(),
                    Files.createDirectories(folder.resolve("wrong")),
                    new Recorder(-1)));

    assertThat(e.detail().code()).isEqualTo("invalid_weight_selection");
    assertThat(e).hasMessageContaining("h.1.*").hasMessageContaining("model.embed_tokens.weight");
  }

  @Test
  void shouldAnswerADryRunWithWhatTheRunThenSees() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    TrainingJob job = new TrainingJob("dry", partial(), "tiny");

    Preflight dry =
        engine.preflight(
            job, answers(), onlyModel(base), Files.createDirectories(folder.resolve("dry")));

    assertThat(dry.dtype()).isEqualTo("bfloat16");
    assertThat(dry.recomputesActivations()).isTrue();
    assertThat(dry.counts())
        .containsEntry("steps", 400.0)
        .containsEntry("examples", 36.0)
        .containsEntry("examples_dropped_overlength", 0.0)
        .containsEntry("held_out_rows", 4.0);
    assertThat(dry.memory().optimizerState()).isEqualTo(4 * dry.memory().trainedParameters());
    assertThat(dry.seconds().evaluation()).isPositive();
  }

  @Test
  void shouldSayWhichRowCannotBeLearntFrom() throws Exception {
    Path dataset = Files.createDirectories(folder.resolve("preferences"));
    Files.writeString(
        dataset.resolve("train.jsonl"),
        """
        {"id": "r1", "messages": [], "chosen": [], "rejected": []}
        """);

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                engine.run(
                    new TrainingJob("x", pretraining(TINY), null),
                    dataset,
                    Optional.empty(),
                    Optional.empty(),
                    folder,
                    new Recorder(-1)));

    assertThat(e.detail().code()).isEqualTo("dataset_layout_unsupported");
    assertThat(e).hasMessageContaining("r1");
  }

  @Test
  void shouldFailRatherThanGoOnWithALossThatIsNoNumber() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                engine.run(
                    new TrainingJob("wild", tuning(40, 1e30), "tiny"),
                    answers(),
                    onlyModel(base),
                    Optional.empty(),
                    Files.createDirectories(folder.resolve("wild")),
                    new Recorder(-1)));

    assertThat(e.detail().code()).startsWith("non_finite_");
  }

  @Test
  void shouldSayThatAModelFileIsTruncated() throws Exception {
    EngineOutcome.Completed base = pretrained(Optional.empty(), new Recorder(-1));
    Path file = base.modelFolder().resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                engine.run(
                    new TrainingJob("cut", tuning(2, null), "tiny"),
                    answers(),
                    onlyModel(base),
                    Optional.empty(),
                    Files.createDirectories(folder.resolve("cut")),
                    new Recorder(-1)));

    assertThat(e.detail().code()).contains("truncated");
  }

  private EngineOutcome.Completed pretrained(Optional<Path> resume, Recorder recorder)
      throws Exception {
    return (EngineOutcome.Completed) pretrain(resume, recorder);
  }

  private EngineOutcome pretrain(Optional<Path> resume, Recorder recorder) throws Exception {
    return engine.run(
        new TrainingJob("base", pretraining(TINY), null),
        documents(),
        Optional.empty(),
        resume,
        Files.createTempDirectory(folder, "work"),
        recorder);
  }

  private static byte[] weights(EngineOutcome.Completed outcome) throws IOException {
    return Files.readAllBytes(outcome.modelFolder().resolve("model.safetensors"));
  }

  private Path documents() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      lines.append(
          "{\"id\":\"d%d\",\"text\":\"Box %d is %s. Tell the colour of box %d: %s.\"}\n"
              .formatted(i, i, colour(i), i, colour(i)));
    }
    return dataset("documents", lines.toString(), "");
  }

  /** Of other boxes than {@link #documents()}, some held out. */
  private Path moreDocuments() throws IOException {
    StringBuilder train = new StringBuilder();
    StringBuilder validation = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      (i % 6 == 5 ? validation : train)
          .append(
              "{\"id\":\"m%d\",\"text\":\"Box %d is %s. Tell the colour of box %d: %s.\"}\n"
                  .formatted(i, i + 60, colour(i), i + 60, colour(i)));
    }
    return dataset("more", train.toString(), validation.toString());
  }

  private Path answers() throws IOException {
    StringBuilder train = new StringBuilder();
    StringBuilder validation = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      (i % 10 == 9 ? validation : train)
          .append(
              "{\"id\":\"a%d\",\"prompt\":\"Box %d is %s. Colour:\",\"completion\":\" %s\"}\n"
                  .formatted(i, i, colour(i), colour(i)));
    }
    return dataset("answers", train.toString(), validation.toString());
  }

  private static String colour(int i) {
    return COLOURS.get(i * 7 % COLOURS.size());
  }

  private Path dataset(String name, String train, String validation) throws IOException {
    Path dataset = Files.createDirectories(folder.resolve(name));
    Files.writeString(dataset.resolve("train.jsonl"), train);
    Files.writeString(dataset.resolve("validation.jsonl"), validation);
    return dataset;
  }

  /**
   * @param scratch sizes of a new model; null to go on from a base
   */
  private static TrainingSpec pretraining(Architecture scratch) throws Exception {
    return SpecResolver.resolve(
        Settings.build(TrainingSpec.class)
            .with("method", "pretrain")
            .with("architecture", scratch)
            .with("maxSteps", 8)
            .with("batchSize", 4)
            .with("learningRate", 3e-3)
            .with("maxLength", 32)
            .with("dtype", "float32")
            .with("checkpointEverySteps", 4)
            .with("seed", 3L)
            .record(),
        scratch != null);
  }

  private static TrainingSpec partial() throws Exception {
    return weights(new Weights("last_layers", 1, null, List.of("*norm*")));
  }

  private static TrainingSpec weights(Weights weights) throws Exception {
    return SpecResolver.resolve(
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("adapter", new NoAdapter())
            .with("maxSteps", 400)
            .with("batchSize", 8)
            .with("learningRate", 1e-2)
            .with("schedule", "wsd")
            .with("dtype", "bfloat16")
            .with("seed", 3L)
            .with("weights", weights)
            .with(
                "optimizer", new Optimizer("lion", null, null, null, null, null, null, null, true))
            .with("decayRatio", 0.5)
            .with("minLearningRateRatio", 0.1)
            .with("tokenBudget", 64)
            .with("regularisation", new Regularisation(1.0, 0.05, 0.5))
            .with("evaluation", new Evaluation(2, 2, null, null, null))
            .with("keepCheckpoints", 1)
            .with("recomputeActivations", true)
            .record(),
        false);
  }

  /**
   * @param alpha of the adapter; an absurd one makes it overflow
   */
  private static TrainingSpec tuning(int steps, Double alpha) throws Exception {
    return SpecResolver.resolve(
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("adapter", new LoraSpec(4, alpha, null, null, null, null, null))
            .with("maxSteps", steps)
            .with("batchSize", 8)
            .with("learningRate", 1e-2)
            .with("dtype", "float32")
            .with("seed", 3L)
            .record(),
        false);
  }

  /** Remembers what it is told; keeps checkpoints; stops after a step. */
  private final class Recorder implements EngineListener {
    private final int stopAfter;
    private final List<EngineProgress> steps = new ArrayList<>();
    private Path checkpoint;
    private final List<Warning> warnings = new ArrayList<>();
    private Preflight preflight;

    private Recorder(int stopAfter) {
      this.stopAfter = stopAfter;
    }

    @Override
    public void onPreflight(int totalSteps, Preflight found) {
      preflight = found;
    }

    @Override
    public void onWarning(Warning warning) {
      warnings.add(warning);
    }

    @Override
    public void onStep(EngineProgress progress) {
      steps.add(progress);
    }

    @Override
    public void onCheckpoint(int step, Path from, Double trainLoss) {
      checkpoint = from;
    }

    @Override
    public boolean shouldStop() {
      return steps.size() == stopAfter;
    }
  }
}
