package io.affinage.events.spec;

import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Architecture;
import io.affinage.events.TrainingSpec.Evaluation;
import io.affinage.events.TrainingSpec.Guards;
import io.affinage.events.TrainingSpec.Regularisation;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.RewardModelSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.GgufSpec;
import io.affinage.events.quantization.Nf4Spec;
import io.affinage.events.quantization.QuantizationSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fills in every default of a {@link TrainingSpec} and refuses what cannot be trained. Resolving a
 * resolved specification changes nothing.
 */
public final class SpecResolver {
  public static final String SFT = "sft";
  public static final String PRETRAIN = "pretrain";
  private static final double DEFAULT_EPOCHS = 1.0;

  public static final double PRETRAIN_LEARNING_RATE = 1e-3;

  private static final int MAX_LENGTH = 1024;
  private static final String CONSTANT = "constant";
  private static final String WSD = "wsd";
  private static final double WSD_DECAY_RATIO = 0.1;
  private static final Architecture TINY = new Architecture(null, null, null, null, 2, null, null);

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
    Problems problems = new Problems();
    TrainingSpec spec = Settings.withDefaults(given == null ? empty() : given, "", problems);
    String asked = spec.method() == null ? SFT : spec.method();
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
    Integer maxSteps = spec.maxSteps();
    if (pretrain) {
      String why = "has no meaning for 'pretrain': documents are cut into rows of maxLength tokens";
      problems.absent("overlength", spec.overlength(), why);
      problems.absent("completionOnly", spec.completionOnly(), why);
      problems.absent("trainOn", spec.trainOn(), why);
    }
    if (objective != null) {
      requireNothingOfTargets(spec, method, problems);
    }
    if (maxSteps != null && spec.epochs() != DEFAULT_EPOCHS) {
      problems.add("epochs", "is given beside maxSteps, which takes its place");
    }
    int maxLength = or(spec.maxLength(), maxLength(architecture));
    if (architecture != null && maxLength > architecture.contextLength()) {
      problems.add(
          "maxLength",
          "is "
              + maxLength
              + ", longer than architecture.contextLength "
              + architecture.contextLength());
    }
    int batchSize = spec.batchSize();
    if (objective instanceof SampledObjective sampled) {
      sampled.conflicts(batchSize).forEach((field, why) -> problems.add("objective." + field, why));
    }
    int accumulation = spec.gradientAccumulation();
    if (accumulation > batchSize) {
      problems.add(
          "gradientAccumulation",
          "is " + accumulation + ", more than the batchSize " + batchSize + " that it divides");
    }
    boolean packing = spec.packing();
    if (!packing && accumulation > 1) {
      problems.add(
          "gradientAccumulation",
          "is given beside packing: false, which computes every example by itself");
    }
    boolean adapted = !(adapter instanceof NoAdapter);
    if (objective instanceof SampledObjective sampled && !adapted) {
      requireNothingOfTheStart(sampled, problems);
    }
    if (adapter instanceof LoraSpec lora) {
      requireStart(lora, spec.quantization(), objective, problems);
    }
    boolean strict = spec.strict();
    String schedule = spec.schedule();
    double warmupRatio = spec.warmupRatio();
    Integer tokenBudget = spec.tokenBudget();
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
            spec.epochs(),
            maxSteps,
            batchSize,
            accumulation,
            or(spec.learningRate(), learningRate(adapter, objective, pretrain)),
            schedule,
            warmupRatio,
            or(spec.weightDecay(), pretrain ? 0.1 : 0.0),
            spec.maxGradNorm(),
            maxLength,
            pretrain ? null : or(spec.overlength(), strict ? "fail" : "drop"),
            packing,
            pretrain ? null : spec.completionOnly() == null || spec.completionOnly(),
            spec.dtype(),
            spec.checkpointEverySteps(),
            spec.seed(),
            WeightDefaults.resolve(spec.weights(), adapted, problems),
            OptimizerDefaults.resolve(spec.optimizer(), adapter, problems),
            decayRatio(spec.decayRatio(), schedule, warmupRatio, problems),
            floor(spec.minLearningRateRatio(), schedule, problems),
            tokenBudget,
            regularisation(spec.regularisation(), problems),
            evaluation(spec.evaluation(), problems),
            spec.keepCheckpoints(),
            spec.recomputeActivations(),
            spec.maxSkippedSteps(),
            pretrain ? null : trainOn(spec, problems),
            strict,
            // Whoever says what happens to longer examples has thought of it.
            spec.allowTokenLoss() == null
                ? Boolean.valueOf(spec.overlength() != null)
                : spec.allowTokenLoss(),
            objective,
            quantization(spec.quantization(), adapted, scratch, objective, problems),
            guards(spec.guards(), objective, problems));
    problems.throwIfAny();
    return resolved;
  }

  /** Null where the base keeps its own numbers. */
  private static @Nullable QuantizationSpec quantization(
      @Nullable QuantizationSpec given,
      boolean adapted,
      boolean scratch,
      @Nullable ObjectiveSpec objective,
      Problems problems) {
    if (given == null) {
      return null;
    }
    if (!adapted) {
      problems.add(
          "quantization",
          "is '%s', but %s: quantized weights cannot be trained, an adapter beside them can"
              .formatted(
                  Choices.name(QuantizationSpec.class, given),
                  scratch ? "a new model is trained" : "weights of the model are trained"));
    }
    if (given instanceof Nf4Spec nf4
        && Nf4Spec.DISK.equals(nf4.offload())
        && objective instanceof SampledObjective) {
      problems.add(
          "quantization.offload",
          "is 'disk', but the objective '%s' samples answers, for which all layers are in memory: leave it out"
              .formatted(Choices.name(ObjectiveSpec.class, objective)));
    }
    return (QuantizationSpec) Settings.withDefaults((Record) given, "quantization", problems);
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
    return or(spec.trainOn(), "all_answers");
  }

  private static Double decayRatio(
      Double given, String schedule, double warmupRatio, Problems problems) {
    if (!schedule.equals(WSD)) {
      problems.absent("decayRatio", given, "goes with the schedule 'wsd' only");
      return null;
    }
    return problems.within("decayRatio", given, WSD_DECAY_RATIO, new Range(0, 1 - warmupRatio));
  }

  private static Double floor(Double given, String schedule, Problems problems) {
    if (schedule.equals(CONSTANT)) {
      problems.absent("minLearningRateRatio", given, "has no meaning for the schedule 'constant'");
      return null;
    }
    return or(given, 0.0);
  }

  private static Regularisation regularisation(Regularisation given, Problems problems) {
    return Settings.withDefaults(
        given == null ? Settings.absent(Regularisation.class) : given, "regularisation", problems);
  }

  private static Evaluation evaluation(Evaluation given, Problems problems) {
    Evaluation from =
        Settings.withDefaults(
            given == null ? Settings.absent(Evaluation.class) : given, "evaluation", problems);
    int everySteps = from.everySteps();
    boolean keepBest = from.keepBest() == null ? everySteps > 0 : from.keepBest();
    if (everySteps == 0 && (from.patience() > 0 || keepBest)) {
      problems.add(
          "evaluation.everySteps", "is missing: early stopping and the best model need it");
    }
    if (everySteps == 0 && from.minImprovement() > 0) {
      problems.add("evaluation.minImprovement", "has no meaning without evaluation.everySteps");
    }
    return new Evaluation(
        everySteps, from.patience(), from.minImprovement(), keepBest, from.maxRows());
  }

  private static @Nullable Guards guards(
      @Nullable Guards given, @Nullable ObjectiveSpec objective, Problems problems) {
    if (!(objective instanceof SampledObjective)) {
      problems.absent("guards", given, "goes with objectives that sample answers only");
      return null;
    }
    return Settings.withDefaults(
        given == null ? Settings.absent(Guards.class) : given, "guards", problems);
  }

  /** A specification that asks for the default of everything. */
  public static TrainingSpec empty() {
    return Settings.absent(TrainingSpec.class);
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
    if (given != null
        && method != null
        && named.filter(type -> type == given.getClass()).isEmpty()) {
      problems.add(
          "method",
          "is '%s', but the objective is '%s': leave the method out"
              .formatted(method, Choices.name(ObjectiveSpec.class, given)));
    }
    Record chosen = given == null ? named.map(Settings::absent).orElse(null) : (Record) given;
    if (chosen instanceof SampledObjective sampled && sampled.reward() == null) {
      problems.add("objective.reward", "is missing: it says how sampled answers are scored");
    }
    return chosen == null
        ? null
        : (ObjectiveSpec) Settings.withDefaults(chosen, "objective", problems);
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

  /** What a LoRA begins with has to fit the form of the base and what is learned. */
  private static void requireStart(
      LoraSpec lora,
      @Nullable QuantizationSpec quantization,
      @Nullable ObjectiveSpec objective,
      Problems problems) {
    String start = lora.initLoraWeights();
    if (lora.decomposes() && objective instanceof RewardModelSpec) {
      problems.add(
          "adapter.initLoraWeights",
          "is '%s', which reward models do not begin with: leave it out".formatted(start));
      return;
    }
    if (lora.decomposes()
        && quantization instanceof Nf4Spec nf4
        && Nf4Spec.DISK.equals(nf4.offload())) {
      problems.add(
          "quantization.offload",
          "is 'disk', but initLoraWeights '%s' changes the base's weights, which are in memory then: leave one of them out"
              .formatted(start));
    }
    if (LoraSpec.LOFTQ.equals(start) && !(quantization instanceof Nf4Spec)) {
      problems.add(
          "adapter.initLoraWeights",
          "is 'loftq', which makes up for what quantization to nf4 loses: give quantization {type: nf4}, or leave it out");
    }
    if (LoraSpec.PISSA.equals(start) && quantization instanceof GgufSpec) {
      problems.add(
          "adapter.initLoraWeights",
          "is 'pissa', which changes the base's weights, but those of quantization 'gguf' stay as the file has them: use nf4");
    }
  }

  /** Where weights are trained on answers that they sample, their start is not kept. */
  private static void requireNothingOfTheStart(SampledObjective objective, Problems problems) {
    String weight = objective.comparing();
    if (weight != null) {
      problems.add(
          "objective." + weight,
          "is above 0, but weights of the model are trained, so the model that the stage starts from is not there to compare with: train an adapter, or set it to 0");
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
    Architecture from =
        Settings.withDefaults(given == null ? TINY : given, "architecture", problems);
    Architecture shape =
        from.kvHeads() != null
            ? from
            : new Architecture(
                from.hiddenSize(),
                from.intermediateSize(),
                from.layers(),
                from.heads(),
                kvHeads(given),
                from.vocabularySize(),
                from.contextLength());
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
    return shape;
  }

  private static Integer kvHeads(Architecture from) {
    return from.heads() == null ? TINY.kvHeads() : from.heads();
  }

  private static <T> T or(@Nullable T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
