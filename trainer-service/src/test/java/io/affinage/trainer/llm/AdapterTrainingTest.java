package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.BottleneckSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.Ia3Spec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.adapter.PrefixTuningSpec;
import io.affinage.events.adapter.PromptTuningSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.AdapterTypes;
import io.affinage.llm.adapter.ChangedBase;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type of adapter through the engine: trained, written, resumed and trained further. */
@Tag("slow")
class AdapterTrainingTest {
  private static final Compute CPU = Compute.of("cpu", "float32");
  private static final List<String> COLOURS = List.of("red", "green", "blue", "white");
  private static final int CONTEXT = 64;

  @TempDir private static Path shared;
  @TempDir private Path folder;
  private final LlmTrainingEngine engine = new LlmTrainingEngine("cpu", NoRewards.SCORER);

  @BeforeAll
  static void makeBase() {
    try (LanguageModel model =
        LanguageModel.initialise(
            DecoderConfig.llama(
                new DecoderShape(300, 32, 64, 2, 4, 2, 8, CONTEXT, true), 1e-5, 10_000),
            BpeTrainer.train(
                IntStream.range(0, 40).mapToObj(AdapterTrainingTest::wrong).toList(),
                BpeTrainer.Settings.chatMl(300)),
            7,
            CPU)) {
      learn(model);
      ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
          .huggingFace(shared.resolve("base"));
    }
  }

  /** Answers, though other ones than those that adapters learn. */
  private static void learn(LanguageModel model) {
    List<TokenizedExample> examples =
        IntStream.range(0, 40)
            .mapToObj(
                i -> TokenizedExample.targetsFrom("w" + i, model.tokenizer().encode(wrong(i)), 1))
            .toList();
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(60)
            .with(Batching.of(8))
            .with(Optimization.DEFAULT.withLearningRate(1e-2))
            .withSeed(7);
    try (Trainables all = Trainables.allWeights(model.decoder());
        TrainingRun run = TrainingRun.overExamples(model.decoder(), all, settings, examples)) {
      run.run(new TrainingListener() {}, Optional.empty());
    }
  }

  private static String wrong(int i) {
    return "Box %d is %s. Colour: %s"
        .formatted(i, COLOURS.get(i * 7 % 4), COLOURS.get((i * 7 + 1) % 4));
  }

  static List<AdapterSpec> types() {
    List<AdapterSpec> types =
        List.of(
            new LoraSpec(4, null, null, null, null, null, null),
            new DoraSpec(4, null, null, null, null),
            new DoraSpec(4, null, 0.1, null, List.of("q_proj", "down_proj")),
            new Ia3Spec(null, null),
            new Ia3Spec(List.of("all-linear"), null),
            new Ia3Spec(List.of("k_proj", "o_proj"), List.of()),
            new PromptTuningSpec(4, null, null),
            new PromptTuningSpec(4, "text", "Tell the colour"),
            new PromptTuningSpec(4, "random", null),
            new PrefixTuningSpec(4),
            new BottleneckSpec(4.0, null),
            new BottleneckSpec(4.0, "tanh"));
    assertThat(types.stream().map(Object::getClass).distinct())
        .hasSize(AdapterSpec.class.getPermittedSubclasses().length - 1);
    assertThat(AdapterTypes.all()).hasSize(AdapterSpec.class.getPermittedSubclasses().length - 1);
    return types;
  }

  @ParameterizedTest
  @MethodSource("types")
  void shouldTrainWriteAndGoOn(AdapterSpec adapter) throws Exception {
    EngineOutcome.Completed first = run("first", spec(adapter, 12), base(), Optional.empty());

    assertThat(first.adapter()).isTrue();
    assertThat(first.metrics().get("held_out_loss_after"))
        .isLessThan(first.metrics().get("held_out_loss_before"));
    assertThat(first.metrics().get("export_logit_error")).isLessThan(1e-6);

    Optional<BaseFolders> parent =
        Optional.of(new BaseFolders(shared.resolve("base"), Optional.of(first.modelFolder())));
    EngineOutcome.Completed second = run("second", spec(adapter, 4), parent, Optional.empty());

    assertThat(second.metrics().get("held_out_loss_before"))
        .isEqualTo(first.metrics().get("held_out_loss_after"));
    assertThat(second.metrics().get("held_out_loss_after"))
        .isLessThan(first.metrics().get("held_out_loss_after"));
  }

  @ParameterizedTest
  @MethodSource("types")
  void shouldEndInTheSameBitsWhenStoppedAndResumed(AdapterSpec adapter) throws Exception {
    TrainingSpec spec = spec(adapter, 6);
    byte[] whole = bytes(run("whole", spec, base(), Optional.empty()));
    Stopper stopper = new Stopper(3);
    engine.run(
        new TrainingJob("half", spec, "tiny"),
        answers(),
        base(),
        Optional.empty(),
        Files.createDirectories(folder.resolve("half")),
        stopper);

    EngineOutcome.Completed resumed = run("resumed", spec, base(), Optional.of(stopper.checkpoint));

    assertThat(bytes(resumed)).isEqualTo(whole);
  }

  /**
   * A LoRA that begins with a part of a quantized base: the same bits when resumed, and what its
   * folder and the base's files give is the model that was trained.
   */
  @ParameterizedTest
  @CsvSource({"pissa,", "loftq, 1", "loftq, 2"})
  void shouldKeepWhatBeganWithAPartOfAQuantizedBase(String start, Integer turns) throws Exception {
    LoraSpec lora = new LoraSpec(4, null, null, null, null, start, turns);
    TrainingSpec spec = spec(lora, 6, new Nf4Spec(true, null));
    EngineOutcome.Completed whole = run("whole", spec, base(), Optional.empty());
    Stopper stopper = new Stopper(3);
    engine.run(
        new TrainingJob("half", spec, "tiny"),
        answers(),
        base(),
        Optional.empty(),
        Files.createDirectories(folder.resolve("half")),
        stopper);
    EngineOutcome.Completed resumed = run("resumed", spec, base(), Optional.of(stopper.checkpoint));
    assertThat(bytes(resumed)).isEqualTo(bytes(whole));
    assertThat(whole.metrics().get("held_out_loss_after"))
        .isLessThan(whole.metrics().get("held_out_loss_before"));

    boolean changes = start.equals("pissa") || turns > 1;
    assertThat(spec.changesQuantizedBase()).isEqualTo(changes);
    assertThat(ChangedBase.isFor(whole.modelFolder())).isEqualTo(changes);
    try (LanguageModel model =
            LanguageModel.open(
                shared.resolve("base"),
                CPU,
                WeightForm.PLAIN,
                WeightForm.NF4_DOUBLE,
                Optional.of(whole.modelFolder()));
        Adapter adapter = model.loadAdapter(whole.modelFolder())) {
      TrainingRows rows = TrainingData.read(answers(), spec).measured(spec, model);
      HeldOut served = HeldOut.answers(model.decoder(), adapter, rows.examples());
      assertThat(served.measure().loss())
          .isCloseTo(whole.metrics().get("held_out_loss_after"), within(1e-4));
    }

    Optional<BaseFolders> parent =
        Optional.of(new BaseFolders(shared.resolve("base"), Optional.of(whole.modelFolder())));
    if (!changes) {
      assertThat(run("on", spec, parent, Optional.empty()).metrics().get("held_out_loss_before"))
          .isEqualTo(whole.metrics().get("held_out_loss_after"));
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void shouldRefuseToGoOnFromAnotherType(AdapterSpec adapter) throws Exception {
    EngineOutcome.Completed first = run("first", spec(adapter, 2), base(), Optional.empty());
    Optional<BaseFolders> parent =
        Optional.of(new BaseFolders(shared.resolve("base"), Optional.of(first.modelFolder())));
    AdapterSpec other =
        adapter instanceof BottleneckSpec
            ? new BottleneckSpec(4.0, "relu")
            : new BottleneckSpec(4.0, null);

    TrainingException refusal =
        catchThrowableOfType(
            TrainingException.class, () -> run("other", spec(other, 2), parent, Optional.empty()));

    assertThat(refusal.detail().code()).isEqualTo("adapter_does_not_fit");
  }

  @Test
  void shouldChooseKeysValuesAndTheLastLayerForIa3() throws Exception {
    run("ia3", spec(new Ia3Spec(null, null), 2), base(), Optional.empty());

    assertThat(folder.resolve("ia3/model/adapter_config.json"))
        .content()
        .containsSubsequence("feedforward_modules", "down_proj", "k_proj", "v_proj");
  }

  /** Virtual tokens leave less room for examples; all of it is refused. */
  @Test
  void shouldCountVirtualTokensTowardsTheContext() throws Exception {
    EngineOutcome.Completed outcome =
        run(
            "long",
            spec(new PromptTuningSpec(CONTEXT - 30, null, null), 2),
            base(),
            Optional.empty());

    assertThat(outcome.warnings())
        .filteredOn(warning -> warning.code().equals("max_length_clipped"))
        .extracting(Warning::message)
        .singleElement()
        .asString()
        .contains("30 tokens beside the adapter's 34 virtual ones");

    TrainingException refusal =
        catchThrowableOfType(
            TrainingException.class,
            () -> run("full", spec(new PrefixTuningSpec(CONTEXT), 2), base(), Optional.empty()));
    assertThat(refusal.detail().code()).isEqualTo("invalid_adapter");
  }

  @Test
  void shouldReadWhatItWroteAsTheSameType() throws Exception {
    for (AdapterSpec type : List.of(new PrefixTuningSpec(3), new BottleneckSpec(8.0, "gelu"))) {
      String name = type.getClass().getSimpleName();
      EngineOutcome.Completed outcome = run(name, spec(type, 2), base(), Optional.empty());
      try (LanguageModel model = LanguageModel.open(shared.resolve("base"), CPU);
          Adapter adapter = model.loadAdapter(outcome.modelFolder())) {
        assertThat(name.toLowerCase(java.util.Locale.ROOT))
            .startsWith(adapter.type().split("_")[0]);
      }
    }
  }

  private Optional<BaseFolders> base() {
    return Optional.of(new BaseFolders(shared.resolve("base"), Optional.empty()));
  }

  private EngineOutcome.Completed run(
      String name, TrainingSpec spec, Optional<BaseFolders> base, Optional<Path> resumeFrom)
      throws Exception {
    return (EngineOutcome.Completed)
        engine.run(
            new TrainingJob(name, spec, "tiny"),
            answers(),
            base,
            resumeFrom,
            Files.createDirectories(folder.resolve(name)),
            new Stopper(-1));
  }

  private static byte[] bytes(EngineOutcome.Completed outcome) throws IOException {
    return Files.readAllBytes(outcome.modelFolder().resolve("adapter_model.safetensors"));
  }

  private Path answers() throws IOException {
    StringBuilder train = new StringBuilder();
    StringBuilder validation = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      String colour = COLOURS.get(i * 7 % COLOURS.size());
      (i % 10 == 9 ? validation : train)
          .append(
              "{\"id\":\"a%d\",\"prompt\":\"Box %d is %s. Colour:\",\"completion\":\" %s\"}\n"
                  .formatted(i, i, colour, colour));
    }
    Path dataset = Files.createDirectories(folder.resolve("answers"));
    Files.writeString(dataset.resolve("train.jsonl"), train.toString());
    Files.writeString(dataset.resolve("validation.jsonl"), validation.toString());
    return dataset;
  }

  private static TrainingSpec spec(AdapterSpec adapter, int steps) throws Exception {
    return spec(adapter, steps, null);
  }

  private static TrainingSpec spec(AdapterSpec adapter, int steps, QuantizationSpec quantization)
      throws Exception {
    assertThat(adapter).isNotInstanceOf(NoAdapter.class);
    TrainingSpec given =
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("adapter", adapter)
            .with("maxSteps", steps)
            .with("batchSize", 8)
            .with("learningRate", 1e-2)
            .with("dtype", "float32")
            .with("quantization", quantization)
            .with("seed", 3L)
            .record();
    return SpecResolver.resolve(given, false);
  }

  /** Stops after a step; keeps the checkpoint. */
  private static final class Stopper implements EngineListener {
    private final int after;
    private final List<EngineProgress> steps = new ArrayList<>();
    private Path checkpoint;

    private Stopper(int after) {
      this.after = after;
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
      return steps.size() == after;
    }
  }
}
