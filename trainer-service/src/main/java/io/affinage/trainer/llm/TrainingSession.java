package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.objective.PpoSpec;
import io.affinage.events.objective.RewardModelSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.DecomposedBase;
import io.affinage.llm.data.Example;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.text.TokenizerDefinition;
import io.affinage.llm.training.Aim;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingInputs;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import io.affinage.llm.training.WeightSelection;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.TrainingJob;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A job's model, data and run, opened together and closed together. */
final class TrainingSession implements AutoCloseable {
  // Copies of large models would leave too little memory to train in. The limit is the same on
  // every machine, for packed weights round otherwise.
  static final long LARGEST_COPY = 2L << 30;

  private static final double RMS_NORM_EPSILON = 1e-5;
  private static final double ROPE_THETA = 10_000;

  private final LanguageModel model;
  private final Optional<Adapter> adapter;
  private final Optional<Scores> scores;
  private final TrainingRows rows;
  private final Optional<HeldOut> heldOut;
  private final Opened opened;
  private final List<Warning> warnings;
  private final TrainingRun run;
  private final RecordedRollouts sampled;

  private TrainingSession(
      LanguageModel model,
      Optional<Adapter> adapter,
      Optional<Scores> scores,
      TrainingRows rows,
      Optional<HeldOut> heldOut,
      Opened opened,
      List<Warning> warnings,
      TrainingRun run,
      RecordedRollouts sampled) {
    this.sampled = sampled;
    this.model = model;
    this.adapter = adapter;
    this.scores = scores;
    this.rows = rows;
    this.heldOut = heldOut;
    this.opened = opened;
    this.warnings = List.copyOf(warnings);
    this.run = run;
  }

  /**
   * Opens what a job needs.
   *
   * @param scorer of answers that are sampled
   * @param listener keeps these, and is asked whether to stop while they are sampled and their
   *     scores waited for
   * @param compute with a precision in place of the specification's
   * @param opener of the base model
   * @param scratch for files that live as long as the run
   */
  static TrainingSession open(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      AnswerScorer scorer,
      EngineListener listener,
      Compute compute,
      BaseOpener opener,
      Path scratch) {
    TrainingSpec spec = job.spec();
    TrainingData data = TrainingData.read(datasetFolder, spec);
    Opened opened = new Opened();
    AtomicReference<Trainables> trained = new AtomicReference<>();
    RecordedRollouts sampled = new RecordedRollouts(listener.record(), scratch);
    try {
      Optional<ScoreStart> start =
          spec.objective() instanceof RewardModelSpec
              ? base.map(
                  folders ->
                      ScoreStart.open(
                          folders,
                          compute,
                          SettingsOfSpec.weightForm(spec.quantization()),
                          opener,
                          scratch))
              : Optional.empty();
      Optional<DecomposedBase> decomposed =
          start.isPresent()
              ? Optional.empty()
              : base.flatMap(folders -> AdapterOfSpec.decomposed(spec, folders));
      LanguageModel model =
          opened.add(
              start
                  .map(ScoreStart::model)
                  .orElseGet(() -> model(spec, data, base, decomposed, compute, opener)));
      Optional<Path> parent =
          start.isPresent() ? start.get().adapter() : base.flatMap(BaseFolders::adapter);
      Optional<Adapter> adapter = begun(spec, model, parent, decomposed, opened);
      Optional<Aim> aim =
          spec.objective() == null
              ? Optional.empty()
              : Optional.of(
                  new Aim(
                      SettingsOfSpec.objective(spec.objective()),
                      reference(
                          model,
                          start.isPresent() ? Optional.empty() : parent,
                          decomposed,
                          opened)));
      Optional<Values> values =
          spec.objective() instanceof PpoSpec ppo
              ? Optional.of(Values.open(ppo, spec, model, parent, decomposed, opened))
              : Optional.empty();
      Optional<RolloutSource> source = Optional.empty();
      TrainingRows rows;
      if (data instanceof TrainingData.Questions questions) {
        SampledObjective objective = (SampledObjective) spec.objective();
        BlockAdapter policy =
            adapter.isPresent() ? adapter.get() : model.decoder().withoutAdapter();
        Prompts prompts = Prompts.of(questions.train(), spec, objective, model);
        source =
            Optional.of(
                SampledAnswers.source(
                    spec,
                    objective,
                    model,
                    policy,
                    adapter.flatMap(each -> aim).map(Aim::reference),
                    values.map(Values::head),
                    values.flatMap(Values::adapter),
                    prompts,
                    scorer,
                    sampled,
                    listener::shouldStop,
                    () -> trained.get().digest()));
        if (adapter.isPresent() && worthPacking(model.decoder())) {
          source.get().sampledFrom(opened.add(model.decoder().packed()));
        }
        rows = new TrainingRows(source.get().likeness(), prompts.counts(), prompts.warnings());
      } else {
        rows = data.learned(spec, model);
      }
      List<Warning> warnings = new ArrayList<>(rows.warnings());
      TrainingInputs inputs =
          TrainingInputs.of(rows.rows()).withScratch(scratch).from(origin(job, decomposed));
      if (aim.isPresent()) {
        inputs = inputs.minimising(aim.get());
      }
      Optional<TrainingRows> measured = measured(data, spec, model, warnings);
      Optional<Scores> scores =
          start.map(from -> Scores.of(from, data, rows, measured, spec, opened));
      Optional<HeldOut> heldOut = measured.map(some -> heldOut(model, adapter, aim, scores, some));
      if (heldOut.isPresent()) {
        HeldOut watched = heldOut.get();
        inputs = inputs.watching(() -> watched.measure().loss());
      }
      TrainingSettings settings = SettingsOfSpec.settings(spec, model.decoder());
      Trainables trainables =
          opened.add(trainables(spec, model, adapter, scores, values, settings));
      trained.set(trainables);
      requireEffect(spec, trainables);
      TrainingRun run =
          opened.add(
              source.isPresent()
                  ? new TrainingRun(model.decoder(), trainables, settings, inputs, source.get())
                  : new TrainingRun(model.decoder(), trainables, settings, inputs));
      return new TrainingSession(
          model, adapter, scores, rows, heldOut, opened, warnings, run, sampled);
    } catch (RuntimeException e) {
      try {
        opened.close();
      } catch (IllegalStateException unclosed) {
        e.addSuppressed(unclosed);
      }
      throw e;
    }
  }

  /** Whether answers come from a packed copy of the base, which an adapter leaves as it is. */
  private static boolean worthPacking(Decoder decoder) {
    long bytes = decoder.config().parameters() * decoder.precision().bytes();
    return decoder.packable() && bytes <= LARGEST_COPY;
  }

  /** What the job is made from; a base that is parted otherwise is another one. */
  private static Map<String, String> origin(TrainingJob job, Optional<DecomposedBase> decomposed) {
    Map<String, String> origin = new HashMap<>(job.origin());
    decomposed.ifPresent(parts -> origin.put("adapterStart", parts.digest()));
    return origin;
  }

  /** An adapter as the one that is trained begins; empty where weights are trained. */
  private static Optional<Adapter> begun(
      TrainingSpec spec,
      LanguageModel model,
      Optional<Path> parent,
      Optional<DecomposedBase> decomposed,
      Opened opened) {
    return decomposed.isPresent()
        ? Optional.of(opened.add(decomposed.get().adapter(model.decoder())))
        : AdapterOfSpec.open(spec, model, parent).map(opened::add);
  }

  /**
   * The model that the stage starts from: the parent's adapter as it is now, where it is trained
   * further, what a new adapter begins with where that is a part of the base, or else the base
   * alone.
   */
  private static BlockAdapter reference(
      LanguageModel model,
      Optional<Path> parent,
      Optional<DecomposedBase> decomposed,
      Opened opened) {
    if (decomposed.isPresent()) {
      return opened.add(decomposed.get().adapter(model.decoder()));
    }
    return parent
        .<BlockAdapter>map(folder -> opened.add(model.loadAdapter(folder)))
        .orElse(model.decoder().withoutAdapter());
  }

  /**
   * What learns values of states beside a policy.
   *
   * @param adapter its own, which begins as the policy's does; empty where values are read from the
   *     policy's hidden numbers
   */
  private record Values(ScalarHead head, Optional<Adapter> adapter) {
    private static Values open(
        PpoSpec ppo,
        TrainingSpec spec,
        LanguageModel model,
        Optional<Path> parent,
        Optional<DecomposedBase> decomposed,
        Opened opened) {
      Optional<Adapter> own =
          "own".equals(ppo.valueTrunk())
              ? begun(spec, model, parent, decomposed, opened)
              : Optional.empty();
      if (own.isEmpty() && "own".equals(ppo.valueTrunk())) {
        throw new LlmException(
            "setting_without_effect",
            "objective.value_trunk is own, an adapter beside the policy's, and no adapter is trained: leave it out, or train one");
      }
      return new Values(opened.add(ScalarHead.zeros(model.decoder())), own);
    }
  }

  /**
   * What a reward model has beside its body.
   *
   * @param head trained beside it
   * @param rendering of the texts that it scores
   */
  record Scores(ScalarHead head, Rendering rendering) {
    private static Scores of(
        ScoreStart start,
        TrainingData data,
        TrainingRows rows,
        Optional<TrainingRows> measured,
        TrainingSpec spec,
        Opened opened) {
      Rendering rendering =
          start.rendering(
              ((TrainingData.Pairs) data).train().rows(),
              Stream.concat(rows.rows().stream(), measured.stream().flatMap(m -> m.rows().stream()))
                  .flatMap(group -> group.members().stream()));
      return new Scores(opened.add(start.openHead(spec, rendering)), rendering);
    }
  }

  private static Trainables trainables(
      TrainingSpec spec,
      LanguageModel model,
      Optional<Adapter> adapter,
      Optional<Scores> scores,
      Optional<Values> values,
      TrainingSettings settings) {
    Decoder decoder = model.decoder();
    if (values.isPresent()) {
      ScalarHead head = values.get().head();
      if (adapter.isEmpty()) {
        return Trainables.withValues(decoder, SettingsOfSpec.weights(spec, decoder), head);
      }
      return values
          .get()
          .adapter()
          .map(own -> Trainables.withValueTrunk(decoder, adapter.get(), own, head))
          .orElseGet(() -> Trainables.withValues(decoder, adapter.get(), head));
    }
    if (adapter.isPresent()) {
      return scores.isPresent()
          ? Trainables.of(decoder, adapter.get(), scores.get().head())
          : Trainables.of(decoder, adapter.get());
    }
    WeightSelection weights = SettingsOfSpec.weights(spec, decoder);
    return scores.isPresent()
        ? Trainables.of(decoder, weights, scores.get().head(), settings.batching())
        : Trainables.of(decoder, weights, settings.batching());
  }

  private static HeldOut heldOut(
      LanguageModel model,
      Optional<Adapter> trained,
      Optional<Aim> aim,
      Optional<Scores> scores,
      TrainingRows some) {
    BlockAdapter adapter = live(model, trained);
    if (scores.isPresent()) {
      return HeldOut.scores(
          model.decoder(),
          adapter,
          scores.get().head(),
          aim.orElseThrow().objective(),
          some.rows());
    }
    return aim.isPresent()
        ? HeldOut.groups(model.decoder(), adapter, aim.get(), some.rows())
        : HeldOut.answers(model.decoder(), adapter, some.examples());
  }

  /** What was opened so far, to be closed in the end or when what follows fails: the last first. */
  private static final class Opened {
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T part) {
      parts.push(part);
      return part;
    }

    /** All of them, whatever becomes of one. */
    void close() {
      IllegalStateException failed = null;
      while (!parts.isEmpty()) {
        AutoCloseable part = parts.pop();
        try {
          part.close();
        } catch (Exception e) {
          if (failed == null) {
            failed = new IllegalStateException("cannot close " + part, e);
          } else {
            failed.addSuppressed(e);
          }
        }
      }
      if (failed != null) {
        throw failed;
      }
    }
  }

  private static LanguageModel model(
      TrainingSpec spec,
      TrainingData data,
      Optional<BaseFolders> base,
      Optional<DecomposedBase> decomposed,
      Compute compute,
      BaseOpener opener) {
    if (base.isPresent()) {
      Path folder = base.get().model();
      return decomposed.isPresent()
          ? LanguageModel.open(
              decomposed.get().base(),
              folder,
              compute,
              SettingsOfSpec.weightForm(spec.quantization()))
          : opener.open(folder);
    }
    List<Example> examples = data.examples();
    TrainingSpec.Architecture shape = spec.architecture();
    TokenizerDefinition tokenizer =
        BpeTrainer.train(
            examples.stream().map(TrainingRows::document).toList(),
            BpeTrainer.Settings.chatMl(shape.vocabularySize()));
    return LanguageModel.initialise(
        DecoderConfig.llama(
            new DecoderShape(
                shape.vocabularySize(),
                shape.hiddenSize(),
                shape.intermediateSize(),
                shape.layers(),
                shape.heads(),
                shape.kvHeads(),
                shape.hiddenSize() / shape.heads(),
                shape.contextLength(),
                true),
            RMS_NORM_EPSILON,
            ROPE_THETA),
        tokenizer,
        spec.seed(),
        compute);
  }

  /**
   * Held-out rows that can be measured. Where there are none a run goes on without them, unless it
   * was asked to evaluate itself.
   *
   * @throws LlmException {@code no_held_out_examples}, and the reason itself where the
   *     specification is strict
   */
  private static Optional<TrainingRows> measured(
      TrainingData data, TrainingSpec spec, LanguageModel model, List<Warning> warnings) {
    if (data.validation().rows().isEmpty()) {
      return Optional.empty();
    }
    try {
      TrainingRows some = data.measured(spec, model);
      some.warnings().stream()
          .filter(warning -> warning.code().equals("rows_left_out"))
          .forEach(warnings::add);
      return some.examples().isEmpty() ? Optional.empty() : Optional.of(some);
    } catch (LlmException e) {
      if (spec.strict()) {
        throw e;
      }
      if (spec.evaluation().everySteps() > 0) {
        throw new LlmException(
            "no_held_out_examples",
            "evaluation during training needs held-out examples, and no row of the validation split can be used: "
                + e.getMessage(),
            e);
      }
      warnings.add(
          new Warning(
              "held_out_unusable",
              "no row of the validation split can be used, so no held-out loss is measured: "
                  + e.getMessage()));
      return Optional.empty();
    }
  }

  /**
   * Refuses what only the chosen weights show to have no meaning.
   *
   * @throws LlmException {@code setting_without_effect}
   */
  private static void requireEffect(TrainingSpec spec, Trainables trainables) {
    Double factor = spec.optimizer().embeddingRateFactor();
    boolean embedding =
        trainables.parameters().stream()
            .map(Trainables.Parameter::role)
            .anyMatch(r -> r == Trainables.Role.EMBEDDING || r == Trainables.Role.HEAD);
    if (factor != null && factor != 1 && !embedding) {
      throw new LlmException(
          "setting_without_effect",
          "optimizer.embedding_rate_factor is "
              + factor
              + ", but neither the embedding nor the head is among the weights that are trained");
    }
  }

  private static BlockAdapter live(LanguageModel model, Optional<Adapter> adapter) {
    return adapter.<BlockAdapter>map(each -> each).orElse(model.decoder().withoutAdapter());
  }

  LanguageModel model() {
    return model;
  }

  /** Empty where weights of the model are trained. */
  Optional<Adapter> adapter() {
    return adapter;
  }

  /** What a reward model has beside its body; empty for a language model. */
  Optional<Scores> scores() {
    return scores;
  }

  TrainingRows rows() {
    return rows;
  }

  TrainingRun run() {
    return run;
  }

  /** What of the dataset is not learned, or otherwise than it was given. */
  List<Warning> warnings() {
    return warnings;
  }

  /** Numbers by name that go with each step. */
  Supplier<Map<String, Double>> besideSteps() {
    return sampled::metrics;
  }

  /** Empty where no row of the validation split can be measured. */
  Optional<HeldOut> heldOut() {
    return heldOut;
  }

  @Override
  public void close() {
    opened.close();
  }
}
