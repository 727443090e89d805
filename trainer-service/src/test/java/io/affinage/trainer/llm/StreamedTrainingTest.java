package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.events.ErrorKind;
import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Architecture;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.SmallDisk;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Fit;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Jobs whose base is in NF4, in memory and on disk, through the engine. */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamedTrainingTest {
  private static final Architecture TINY = new Architecture(32, 64, 3, 2, 1, 300, 64);
  private static final int STEPS = 4;
  private static final long NO_ROOM = 1000;

  @TempDir static Path folder;
  private Path base;
  private Path dataset;

  /** The adapter that is trained beside a base in memory. */
  private byte[] resident;

  @BeforeAll
  void makeABase() throws Exception {
    StringBuilder documents = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      documents.append(
          "{\"id\":\"d%d\",\"text\":\"Box %d is red. Tell the colour of box %d.\"}\n"
              .formatted(i, i, i));
      answers.append(
          "{\"id\":\"a%d\",\"prompt\":\"Box %d is red. Colour:\",\"completion\":\" red\"}\n"
              .formatted(i, i));
    }
    dataset = dataset("answers", answers.toString());
    TrainingSpec spec =
        SpecResolver.resolve(
            Settings.build(TrainingSpec.class)
                .with("method", "pretrain")
                .with("architecture", TINY)
                .with("maxSteps", 2)
                .with("batchSize", 4)
                .with("maxLength", 32)
                .with("dtype", "float32")
                .record(),
            true);
    EngineOutcome.Completed made =
        (EngineOutcome.Completed)
            new LlmTrainingEngine("cpu", NoRewards.SCORER)
                .run(
                    new TrainingJob("base", spec, null),
                    dataset("documents", documents.toString()),
                    Optional.empty(),
                    Optional.empty(),
                    newFolder("base"),
                    new Watcher());
    base = made.modelFolder();
    Watcher watcher = new Watcher();
    resident =
        adapter(
            run(
                engine(newFolder("kept"), Long.MAX_VALUE),
                spec(new Nf4Spec(true, null)),
                Optional.empty(),
                watcher));
    assertThat(watcher.quantized).as("nothing is written where memory has room").isEmpty();
    assertThat(watcher.blocks).isEmpty();
  }

  private static Path dataset(String name, String train) throws IOException {
    Path made = Files.createDirectories(folder.resolve(name));
    Files.writeString(made.resolve("train.jsonl"), train);
    Files.writeString(made.resolve("validation.jsonl"), "");
    return made;
  }

  private static Path newFolder(String name) throws IOException {
    return Files.createTempDirectory(folder, name);
  }

  private static TrainingSpec spec(QuantizationSpec quantization) throws Exception {
    return spec(quantization, null);
  }

  private static TrainingSpec spec(QuantizationSpec quantization, TrainingSpec.Optimizer optimizer)
      throws Exception {
    return SpecResolver.resolve(
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("adapter", new LoraSpec(4, null, 0.1, null, null, null, null))
            .with("maxSteps", STEPS)
            .with("batchSize", 4)
            .with("learningRate", 1e-2)
            .with("dtype", "float32")
            .with("checkpointEverySteps", 2)
            .with("quantization", quantization)
            .with("optimizer", optimizer)
            .record(),
        false);
  }

  private static TrainingJob job(TrainingSpec spec) {
    return new TrainingJob("job", spec, "tiny", Map.of("base", "sha256:" + "ab".repeat(32)));
  }

  private static LlmTrainingEngine engine(Path kept, long memory) {
    return new LlmTrainingEngine("cpu", NoRewards.SCORER, new StreamedBases(kept, () -> memory));
  }

  private EngineOutcome run(
      LlmTrainingEngine engine, TrainingSpec spec, Optional<Path> resume, EngineListener listener)
      throws Exception {
    return run(engine, spec, resume, newFolder("work"), listener);
  }

  private EngineOutcome run(
      LlmTrainingEngine engine,
      TrainingSpec spec,
      Optional<Path> resume,
      Path work,
      EngineListener listener)
      throws Exception {
    return engine.run(
        job(spec),
        dataset,
        Optional.of(new BaseFolders(base, Optional.empty())),
        resume,
        work,
        listener);
  }

  private static byte[] adapter(EngineOutcome outcome) throws IOException {
    return Files.readAllBytes(
        ((EngineOutcome.Completed) outcome).modelFolder().resolve("adapter_model.safetensors"));
  }

  @Test
  void shouldTrainTheSameAdapterBesideABaseOnDiskAndKeepThatBase() throws Exception {
    Path kept = newFolder("kept");
    LlmTrainingEngine engine = engine(kept, Long.MAX_VALUE);
    TrainingSpec spec = spec(new Nf4Spec(true, Nf4Spec.DISK));
    Watcher first = new Watcher();
    Watcher second = new Watcher();

    byte[] streamed = adapter(run(engine, spec, Optional.empty(), first));

    assertThat(streamed).isEqualTo(resident);
    assertThat(first.quantized).last().asString().matches("(\\d+) of \\1");
    assertThat(first.blocks).allSatisfy(block -> assertThat(block.layers()).isEqualTo(3));
    assertThat(first.blocks).anyMatch(EngineBlock::backward).anyMatch(block -> !block.backward());
    assertThat(first.blocks.stream().mapToLong(EngineBlock::bytesRead).sum()).isPositive();
    assertThat(adapter(run(engine, spec, Optional.empty(), second))).isEqualTo(streamed);
    assertThat(second.quantized).as("the base is written once").isEmpty();
  }

  @Test
  void shouldStreamWhereMemoryHasNoRoomUnlessTold() throws Exception {
    LlmTrainingEngine engine = engine(newFolder("kept"), NO_ROOM);
    Watcher watcher = new Watcher();

    byte[] streamed =
        adapter(run(engine, spec(new Nf4Spec(true, null)), Optional.empty(), watcher));

    assertThat(streamed).isEqualTo(resident);
    assertThat(watcher.blocks).isNotEmpty();
    assertThat(failure(engine, spec(new Nf4Spec(true, Nf4Spec.NONE))).detail().code())
        .isEqualTo("insufficient_memory");
    TrainingException plain = failure(engine, spec(null));
    assertThat(plain.detail().code()).isEqualTo("insufficient_memory");
    assertThat(plain).hasMessageContaining("lora").hasMessageContaining("nf4");
  }

  private TrainingException failure(LlmTrainingEngine engine, TrainingSpec spec) {
    return catchThrowableOfType(
        TrainingException.class, () -> run(engine, spec, Optional.empty(), new Watcher()));
  }

  @Test
  void shouldTellWhatFitsWithoutLoading() throws Exception {
    BaseFolders folders = new BaseFolders(base, Optional.empty());
    Fit roomy =
        engine(newFolder("kept"), Long.MAX_VALUE)
            .fit(job(spec(new Nf4Spec(true, null))), folders)
            .orElseThrow();
    Fit tight =
        engine(newFolder("kept"), NO_ROOM)
            .fit(job(spec(new Nf4Spec(true, null))), folders)
            .orElseThrow();
    Fit plain = engine(newFolder("kept"), NO_ROOM).fit(job(spec(null)), folders).orElseThrow();

    assertThat(roomy.regime()).isEqualTo("qlora");
    assertThat(roomy.fits()).isTrue();
    assertThat(roomy.regimes())
        .extracting(Fit.Regime::name)
        .containsExactly("full", "lora", "qlora", "qlora-streamed");
    assertThat(tight.regime()).isEqualTo("qlora-streamed");
    assertThat(tight.streamed()).isTrue();
    assertThat(tight.fits()).as("a process alone takes more").isFalse();
    assertThat(plain.misfit()).startsWith("lora is estimated to need").contains("nothing else");
  }

  @Test
  void shouldResumeAStreamedRunAtItsStep() throws Exception {
    LlmTrainingEngine engine = engine(newFolder("kept"), Long.MAX_VALUE);
    TrainingSpec spec = spec(new Nf4Spec(true, Nf4Spec.DISK));
    Watcher stopping = new Watcher(2);

    assertThat(run(engine, spec, Optional.empty(), stopping))
        .isEqualTo(new EngineOutcome.Stopped(2));
    Watcher rest = new Watcher();
    EngineOutcome resumed = run(engine, spec, Optional.of(stopping.checkpoint), rest);

    assertThat(rest.steps).containsExactly(3, 4);
    assertThat(adapter(resumed)).isEqualTo(resident);
  }

  /** Memory may have room on one machine and none on the next. */
  @Test
  void shouldResumeInMemoryWhatBeganOnDisk() throws Exception {
    TrainingSpec spec = spec(new Nf4Spec(true, null));
    Watcher stopping = new Watcher(2);
    run(engine(newFolder("kept"), NO_ROOM), spec, Optional.empty(), stopping);
    Watcher rest = new Watcher();

    EngineOutcome resumed =
        run(
            engine(newFolder("kept"), Long.MAX_VALUE),
            spec,
            Optional.of(stopping.checkpoint),
            rest);

    assertThat(rest.steps).containsExactly(3, 4);
    assertThat(rest.blocks).isEmpty();
    assertThat(adapter(resumed)).isEqualTo(resident);
  }

  @Test
  void shouldGiveTheJobBackWhenItsBaseIsCutAndWriteItAnew() throws Exception {
    Path kept = newFolder("kept");
    LlmTrainingEngine engine = engine(kept, Long.MAX_VALUE);
    TrainingSpec spec = spec(new Nf4Spec(true, Nf4Spec.DISK));

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                run(
                    engine,
                    spec,
                    Optional.empty(),
                    new Watcher() {
                      @Override
                      public void onStep(EngineProgress progress) {
                        cut(kept, 100);
                      }
                    }));

    assertThat(e.detail().code()).isEqualTo("streamed_base_damaged");
    assertThat(e.kind()).isEqualTo(ErrorKind.WORKER);
    assertThat(e).hasMessageContaining("was cut while it was in use");
    Watcher again = new Watcher();
    assertThat(adapter(run(engine, spec, Optional.empty(), again))).isEqualTo(resident);
    assertThat(again.quantized).isNotEmpty();

    cut(kept, 5000); // while nobody uses it
    Watcher mended = new Watcher();
    assertThat(adapter(run(engine, spec, Optional.empty(), mended))).isEqualTo(resident);
    assertThat(mended.quantized).isNotEmpty();
  }

  private static void cut(Path kept, long bytes) {
    try (Stream<Path> files = Files.walk(kept)) {
      Path file =
          files.filter(each -> each.endsWith("model.safetensors")).findFirst().orElseThrow();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(bytes);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Others may be streaming from it. */
  @Test
  void shouldLeaveTheBaseAloneWhereAnotherFileCannotBeRead() throws Exception {
    Path kept = newFolder("kept");
    Path written = Files.createDirectories(kept.resolve("ab".repeat(32) + "-nf4-double"));
    StreamedBases bases = new StreamedBases(kept, () -> 0);
    TrainingJob job = job(spec(new Nf4Spec(true, null)));

    assertThat(bases.discard(job, "elsewhere/model.safetensors cannot be read any more")).isFalse();
    assertThat(written).isDirectory();
    assertThat(bases.discard(job, written.resolve("model.safetensors") + " was cut")).isTrue();
    assertThat(kept).isEmptyDirectory();
  }

  @Test
  void shouldSayThatTheDiskHasNoRoomForTheBaseAndGoOnOnceThereIs() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectories(folder.resolve("disk")), 2)) {
      LlmTrainingEngine engine = engine(disk.folder().resolve("kept"), Long.MAX_VALUE);
      TrainingSpec spec = spec(new Nf4Spec(true, Nf4Spec.DISK));
      disk.fill();

      TrainingException e = failure(engine, spec);

      assertThat(e.detail().code()).isEqualTo("checkpoint_not_written");
      assertThat(e.kind()).isEqualTo(ErrorKind.WORKER);
      disk.free();
      assertThat(adapter(run(engine, spec, Optional.empty(), new Watcher()))).isEqualTo(resident);
    }
  }

  /** The disk gets full after the state was mapped and before a step has written to it. */
  @Test
  void shouldKeepPagedStateThroughAFullDisk() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectories(folder.resolve("paged")), 8)) {
      TrainingSpec spec =
          spec(
              new Nf4Spec(true, Nf4Spec.DISK),
              Settings.build(TrainingSpec.Optimizer.class).with("paged", true).record());
      Watcher watcher =
          new Watcher() {
            @Override
            public synchronized void onBlock(EngineBlock block) {
              if (blocks.isEmpty()) {
                disk.fill();
              }
              super.onBlock(block);
            }

            @Override
            public void onStep(EngineProgress progress) {
              super.onStep(progress);
              disk.free();
            }
          };

      EngineOutcome outcome =
          run(
              engine(newFolder("kept"), Long.MAX_VALUE),
              spec,
              Optional.empty(),
              Files.createDirectories(disk.folder().resolve("work")),
              watcher);

      assertThat(watcher.blocks).isNotEmpty();
      assertThat(adapter(outcome)).isEqualTo(resident);
    }
  }

  @Test
  void shouldSayThatTheDiskHasNoRoomForPagedState() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectories(folder.resolve("tight")), 1)) {
      TrainingSpec spec =
          spec(
              new Nf4Spec(true, null),
              Settings.build(TrainingSpec.Optimizer.class).with("paged", true).record());
      Path work = Files.createDirectories(disk.folder().resolve("work"));
      disk.fill();

      TrainingException e =
          catchThrowableOfType(
              TrainingException.class,
              () ->
                  run(
                      engine(newFolder("kept"), Long.MAX_VALUE),
                      spec,
                      Optional.empty(),
                      work,
                      new Watcher()));

      assertThat(e.detail().code()).isEqualTo("optimizer_state_not_mapped");
      assertThat(e.kind()).isEqualTo(ErrorKind.WORKER);
    }
  }

  /** What it is told, and stops after a step. */
  private static class Watcher implements EngineListener {
    private final int stopAfter;
    final List<Integer> steps = new ArrayList<>();
    final List<String> quantized = new ArrayList<>();
    final List<EngineBlock> blocks = new ArrayList<>();
    Path checkpoint;

    Watcher() {
      this(-1);
    }

    Watcher(int stopAfter) {
      this.stopAfter = stopAfter;
    }

    @Override
    public void onStep(EngineProgress progress) {
      steps.add(progress.step());
    }

    @Override
    public void onQuantized(int done, int of) {
      quantized.add(done + " of " + of);
    }

    @Override
    public synchronized void onBlock(EngineBlock block) {
      blocks.add(block);
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
