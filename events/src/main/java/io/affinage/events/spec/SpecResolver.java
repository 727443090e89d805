package io.affinage.events.spec;

import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Architecture;
import io.affinage.events.TrainingSpec.Evaluation;
import io.affinage.events.TrainingSpec.Regularisation;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.objective.ObjectiveSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fills in every default of a {@link TrainingSpec} and refuses what cannot be trained. Resolving a
 * resolved specification changes nothing.
 */
public final class SpecResolver {
  public static final String SFT = "sft";
  public static final String PRETRAIN = "pretrain";
  public static final int DEFAULT_BATCH_SIZE = 8;
  public static final double DEFAULT_EPOCHS = 1.0;

  public static final double PRETRAIN_LEARNING_RATE = 1e-3;

  private static final int MAX_LENGTH = 1024;
  private static final int CHECKPOINT_EVERY = 50;
  private static final int KEEP_CHECKPOINTS = 2;
  private static final int MAX_SKIPPED_STEPS = 3;
  private static final String CONSTANT = "constant";
  private static final String WSD = "wsd";
  private static final int HELD_OUT_ROWS = 256;
  private static final double WSD_DECAY_RATIO = 0.1;
  private static final Architecture TINY = new Architecture(192, 512, 6, 6, 2, 2048, 512);

  private SpecResolver() {}

  /**
   * @param given null fields ask for the default; null asks for all of them
   * @param scratch whether a new model is made, rather than a base model trained
   * @throws InvalidSpecException naming every problem
   */
  public static TrainingSpec resolve(@Nullable TrainingSpec given, boolean scratch)
      throws InvalidSpecException {
    return resolve(given, scratch, Optional.empty());
  }

  /**
   * As above, where the base may be an adapter that is trained on.
   *
   * @param parent how that adapter was trained
   */
  public static TrainingSpec resolve(
      @Nullable TrainingSpec given, boolean scratch, Optional<AdapterSpec> parent)
      throws InvalidSpecException {
    TrainingSpec spec = given == null ? empty() : given;
    Problems problems = new Problems();
    String asked = problems.oneOf("method", spec.method(), SFT, SettingRanges.METHODS);
    ObjectiveSpec objective =
        objective(spec.objective(), spec.method() == null ? null : asked, problems);
    String method = objective == null ? asked : Choices.name(ObjectiveSpec.class, objective);
    boolean pretrain = method.equals(PRETRAIN);
    if (scratch && !pretrain) {
      problems.add("method", "is '" + method + "', but a model from scratch needs 'pretrain'");
    }
    AdapterSpec adapter =
        parent.isPresent()
            ? ParentAdapter.continued(parent.get(), spec.adapter(), pretrain, problems)
            : adapter(spec.adapter(), pretrain, problems);
    Architecture architecture = architecture(spec.architecture(), scratch, problems);
    Integer maxSteps = problems.atLeast("maxSteps", spec.maxSteps(), null, 1);
    if (pretrain) {
      String why = "has no meaning for 'pretrain': documents are cut into rows of maxLength tokens";
      problems.absent("overlength", spec.overlength(), why);
      problems.absent("completionOnly", spec.completionOnly(), why);
      problems.absent("trainOn", spec.trainOn(), why);
    }
    if (objective != null) {
      requireNothingOfTargets(spec, method, problems);
    }
    if (maxSteps != null && spec.epochs() != null && spec.epochs() != DEFAULT_EPOCHS) {
      problems.add("epochs", "is given beside maxSteps, which takes its place");
    }
    int maxLength =
        problems.atLeast(
            "maxLength", spec.maxLength(), maxLength(architecture), SettingRanges.MAX_LENGTH);
    if (architecture != null && maxLength > architecture.contextLength()) {
      problems.add(
          "maxLength",
          "is "
              + maxLength
              + ", longer than architecture.contextLength "
              + architecture.contextLength());
    }
    int batchSize = problems.atLeast("batchSize", spec.batchSize(), DEFAULT_BATCH_SIZE, 1);
    int accumulation = problems.atLeast("gradientAccumulation", spec.gradientAccumulation(), 1, 1);
    if (accumulation > batchSize) {
      problems.add(
          "gradientAccumulation",
          "is " + accumulation + ", more than the batchSize " + batchSize + " that it divides");
    }
    boolean packing = spec.packing() == null || spec.packing();
    if (!packing && accumulation > 1) {
      problems.add(
          "gradientAccumulation",
          "is given beside packing: false, which computes every example by itself");
    }
    boolean adapted = !(adapter instanceof NoAdapter);
    boolean strict = spec.strict() != null && spec.strict();
    String schedule =
        problems.oneOf("schedule", spec.schedule(), "cosine", SettingRanges.SCHEDULES);
    double warmupRatio =
        problems.within("warmupRatio", spec.warmupRatio(), 0.03, SettingRanges.WARMUP_RATIO);
    Integer tokenBudget = problems.atLeast("tokenBudget", spec.tokenBudget(), null, 1);
    if (tokenBudget != null && accumulation > 1) {
      problems.add("tokenBudget", "is given beside gradientAccumulation, which it replaces");
    }
    if (tokenBudget != null && !packing) {
      problems.add(
          "tokenBudget", "is given beside packing: false, which computes every example by itself");
    }
    if (scratch && "bfloat16".equals(spec.dtype())) {
      problems.add("dtype", "is 'bfloat16', but a model from scratch is computed in float32");
    }
    TrainingSpec resolved =
        new TrainingSpec(
            method,
            adapter,
            architecture,
            problems.within("epochs", spec.epochs(), DEFAULT_EPOCHS, SettingRanges.EPOCHS),
            maxSteps,
            batchSize,
            accumulation,
            problems.within(
                "learningRate",
                spec.learningRate(),
                learningRate(adapter, objective, pretrain),
                SettingRanges.LEARNING_RATE),
            schedule,
            warmupRatio,
            problems.within(
                "weightDecay",
                spec.weightDecay(),
                pretrain ? 0.1 : 0.0,
                SettingRanges.WEIGHT_DECAY),
            problems.within("maxGradNorm", spec.maxGradNorm(), 1.0, SettingRanges.MAX_GRAD_NORM),
            maxLength,
            pretrain
                ? null
                : problems.oneOf(
                    "overlength",
                    spec.overlength(),
                    strict ? "fail" : "drop",
                    SettingRanges.OVERLENGTH),
            packing,
            pretrain ? null : spec.completionOnly() == null || spec.completionOnly(),
            problems.oneOf("dtype", spec.dtype(), "auto", SettingRanges.DTYPES),
            problems.atLeast(
                "checkpointEverySteps", spec.checkpointEverySteps(), CHECKPOINT_EVERY, 1),
            spec.seed() == null ? Long.valueOf(0) : spec.seed(),
            WeightDefaults.resolve(spec.weights(), adapted, problems),
            OptimizerDefaults.resolve(spec.optimizer(), adapter, problems),
            decayRatio(spec.decayRatio(), schedule, warmupRatio, problems),
            floor(spec.minLearningRateRatio(), schedule, problems),
            tokenBudget,
            regularisation(spec.regularisation(), problems),
            evaluation(spec.evaluation(), problems),
            problems.atLeast("keepCheckpoints", spec.keepCheckpoints(), KEEP_CHECKPOINTS, 0),
            spec.recomputeActivations(),
            problems.atLeast("maxSkippedSteps", spec.maxSkippedSteps(), MAX_SKIPPED_STEPS, 1),
            pretrain ? null : trainOn(spec, problems),
            strict,
            // Whoever says what happens to longer examples has thought of it.
            spec.allowTokenLoss() == null
                ? Boolean.valueOf(spec.overlength() != null)
                : spec.allowTokenLoss(),
            objective);
    problems.throwIfAny();
    return resolved;
  }

  /** Null where loss is taken on everything. */
  private static @Nullable String trainOn(TrainingSpec spec, Problems problems) {
    if (spec.completionOnly() != null && !spec.completionOnly()) {
      problems.absent(
          "trainOn",
          spec.trainOn(),
          "is given beside completionOnly: false, which takes loss on everything");
      return null;
    }
    return problems.oneOf("trainOn", spec.trainOn(), "all_answers", SettingRanges.TRAIN_ON);
  }

  private static Double decayRatio(
      Double given, String schedule, double warmupRatio, Problems problems) {
    if (!schedule.equals(WSD)) {
      problems.absent("decayRatio", given, "goes with the schedule 'wsd' only");
      return null;
    }
    return problems.within(
        "decayRatio",
        given,
        WSD_DECAY_RATIO,
        new Range(SettingRanges.DECAY_RATIO.least(), 1 - warmupRatio));
  }

  private static Double floor(Double given, String schedule, Problems problems) {
    if (schedule.equals(CONSTANT)) {
      problems.absent("minLearningRateRatio", given, "has no meaning for the schedule 'constant'");
      return null;
    }
    return problems.within(
        "minLearningRateRatio", given, 0.0, SettingRanges.MIN_LEARNING_RATE_RATIO);
  }

  private static Regularisation regularisation(Regularisation given, Problems problems) {
    Regularisation from = given == null ? new Regularisation(null, null, null) : given;
    return new Regularisation(
        problems.within(
            "regularisation.neftuneAlpha", from.neftuneAlpha(), 0.0, SettingRanges.NEFTUNE_ALPHA),
        problems.within(
            "regularisation.labelSmoothing",
            from.labelSmoothing(),
            0.0,
            SettingRanges.LABEL_SMOOTHING),
        problems.within("regularisation.emaDecay", from.emaDecay(), 0.0, SettingRanges.EMA_DECAY));
  }

  private static Evaluation evaluation(Evaluation given, Problems problems) {
    Evaluation from = given == null ? new Evaluation(null, null, null, null, null) : given;
    int everySteps = problems.atLeast("evaluation.everySteps", from.everySteps(), 0, 0);
    int patience = problems.atLeast("evaluation.patience", from.patience(), 0, 0);
    boolean keepBest = from.keepBest() == null ? everySteps > 0 : from.keepBest();
    if (everySteps == 0 && (patience > 0 || keepBest)) {
      problems.add(
          "evaluation.everySteps", "is missing: early stopping and the best model need it");
    }
    if (everySteps == 0 && from.minImprovement() != null && from.minImprovement() > 0) {
      problems.add("evaluation.minImprovement", "has no meaning without evaluation.everySteps");
    }
    return new Evaluation(
        everySteps,
        patience,
        problems.within(
            "evaluation.minImprovement", from.minImprovement(), 0.0, SettingRanges.MIN_IMPROVEMENT),
        keepBest,
        problems.atLeast("evaluation.maxRows", from.maxRows(), HELD_OUT_ROWS, 1));
  }

  /** A specification that asks for the default of everything. */
  public static TrainingSpec empty() {
    return new TrainingSpec(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null);
  }

  /**
   * The peak learning rate of a job that names none.
   *
   * @param objective null for the method's own loss
   */
  public static double learningRate(
      AdapterSpec adapter, @Nullable ObjectiveSpec objective, boolean pretrain) {
    if (pretrain) {
      return PRETRAIN_LEARNING_RATE;
    }
    return objective == null
        ? adapter.learningRate()
        : adapter.learningRate() * objective.learningRateFactor(!(adapter instanceof NoAdapter));
  }

  /** Null where the method has a loss of its own. */
  private static @Nullable ObjectiveSpec objective(
      @Nullable ObjectiveSpec given, @Nullable String method, Problems problems) {
    Optional<Class<? extends Record>> named =
        method == null ? Optional.empty() : Choices.find(ObjectiveSpec.class, method);
    if (given == null) {
      return named
          .map(type -> Settings.withDefaults(Settings.absent(type), "objective", problems))
          .map(ObjectiveSpec.class::cast)
          .orElse(null);
    }
    if (method != null && named.filter(type -> type == given.getClass()).isEmpty()) {
      problems.add(
          "method",
          "is '%s', but the objective is '%s': leave the method out"
              .formatted(method, Choices.name(ObjectiveSpec.class, given)));
    }
    return (ObjectiveSpec) Settings.withDefaults((Record) given, "objective", problems);
  }

  /** An objective scores the answers of both sides, all of their tokens. */
  private static void requireNothingOfTargets(
      TrainingSpec spec, String objective, Problems problems) {
    if (Boolean.FALSE.equals(spec.completionOnly())) {
      problems.add("completionOnly", "is false, but " + objective + " scores answers alone");
    }
    if ("last_answer".equals(spec.trainOn())) {
      problems.add(
          "trainOn", "is last_answer, but " + objective + " scores all that follows the prompt");
    }
    Regularisation regularisation = spec.regularisation();
    if (regularisation != null
        && regularisation.labelSmoothing() != null
        && regularisation.labelSmoothing() > 0) {
      problems.add(
          "regularisation.labelSmoothing",
          "spreads a token's probability over the vocabulary, which %s does not do"
              .formatted(objective));
    }
  }

  private static int maxLength(Architecture architecture) {
    return architecture == null ? MAX_LENGTH : Math.min(MAX_LENGTH, architecture.contextLength());
  }

  private static AdapterSpec adapter(
      @Nullable AdapterSpec given, boolean pretrain, Problems problems) {
    AdapterSpec asked =
        given != null ? given : pretrain ? new NoAdapter() : Settings.absent(LoraSpec.class);
    if (pretrain && !(asked instanceof NoAdapter)) {
      problems.add(
          "adapter.type",
          "is '%s', but 'pretrain' trains all weights"
              .formatted(Choices.name(AdapterSpec.class, asked)));
    }
    AdapterSpec filled =
        ((AdapterSpec) Settings.withDefaults((Record) asked, "adapter", problems)).completed();
    filled.conflicts().forEach((field, why) -> problems.add("adapter." + field, why));
    return filled;
  }

  private static Architecture architecture(Architecture given, boolean scratch, Problems problems) {
    if (!scratch) {
      problems.absent("architecture", given, "is given, but the base model has its own");
      return null;
    }
    Architecture from = given == null ? TINY : given;
    Architecture shape =
        new Architecture(
            size("hiddenSize", from.hiddenSize(), TINY.hiddenSize(), problems),
            size("intermediateSize", from.intermediateSize(), TINY.intermediateSize(), problems),
            size("layers", from.layers(), TINY.layers(), problems),
            size("heads", from.heads(), TINY.heads(), problems),
            size("kvHeads", from.kvHeads(), kvHeads(from), problems),
            size("vocabularySize", from.vocabularySize(), TINY.vocabularySize(), problems),
            size("contextLength", from.contextLength(), TINY.contextLength(), problems));
    if (shape.hiddenSize() % (2 * shape.heads()) != 0) {
      problems.add(
          "architecture.hiddenSize",
          "is " + shape.hiddenSize() + ", must be an even multiple of heads " + shape.heads());
    }
    if (shape.heads() % shape.kvHeads() != 0) {
      problems.add(
          "architecture.heads",
          "is " + shape.heads() + ", must be a multiple of kvHeads " + shape.kvHeads());
    }
    if (shape.vocabularySize() < SettingRanges.VOCABULARY) {
      problems.add(
          "architecture.vocabularySize",
          "is %d, must hold 256 bytes and the special tokens (%d)"
              .formatted(shape.vocabularySize(), SettingRanges.VOCABULARY));
    }
    return shape;
  }

  private static Integer kvHeads(Architecture from) {
    return from.heads() == null ? TINY.kvHeads() : from.heads();
  }

  private static int size(String name, Integer value, Integer fallback, Problems problems) {
    return problems.atLeast("architecture." + name, value, Math.max(1, fallback), 1);
  }
}
