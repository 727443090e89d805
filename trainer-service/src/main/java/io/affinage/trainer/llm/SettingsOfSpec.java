package io.affinage.trainer.llm;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.RewardModelSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Choices;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.objective.BradleyTerry;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Objectives;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Checkpointing;
import io.affinage.llm.training.HeldOutEvaluation;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Regularisation;
import io.affinage.llm.training.Schedule;
import io.affinage.llm.training.TrainingSettings;
import io.affinage.llm.training.WeightSelection;
import io.affinage.llm.training.optimizer.Adafactor;
import io.affinage.llm.training.optimizer.AdamW;
import io.affinage.llm.training.optimizer.AdamW8bit;
import io.affinage.llm.training.optimizer.AdamWCompanded;
import io.affinage.llm.training.optimizer.Lion;
import io.affinage.llm.training.optimizer.OptimizerRule;
import io.affinage.llm.training.optimizer.Sgd;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A resolved specification in the model library's terms. */
final class SettingsOfSpec {
  /** Below this size activations fit in memory; computing them twice would only cost time. */
  private static final long RECOMPUTE_FROM_PARAMETERS = 20_000_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private SettingsOfSpec() {}

  /**
   * An objective by its name and settings.
   *
   * @throws LlmException {@code objective_unknown}, {@code objective_invalid}
   */
  static Objective objective(ObjectiveSpec spec) {
    if (spec instanceof SampledObjective sampled) {
      return SampledSettings.objective(sampled);
    }
    if (spec instanceof RewardModelSpec scores) {
      return new BradleyTerry(or(scores.centerRewardsCoefficient(), 0));
    }
    Map<String, Object> settings = JSON.convertValue(spec, new TypeReference<>() {});
    settings.remove(Choices.tag(ObjectiveSpec.class));
    return Objectives.of(Choices.name(ObjectiveSpec.class, spec), settings);
  }

  /**
   * The form in which a job has its base.
   *
   * @param quantization null for none
   */
  static WeightForm weightForm(@Nullable QuantizationSpec quantization) {
    return quantization == null ? WeightForm.PLAIN : WeightForm.named(quantization.weightForm());
  }

  static TrainingSettings settings(TrainingSpec spec, Decoder decoder) {
    TrainingSpec.Evaluation evaluation = spec.evaluation();
    return new TrainingSettings(
        spec.epochs(),
        spec.maxSteps() == null ? 0 : spec.maxSteps(),
        batching(spec),
        new Optimization(
            rule(spec.optimizer()),
            spec.learningRate(),
            spec.weightDecay(),
            spec.maxGradNorm(),
            or(spec.optimizer().loraPlusRatio(), 1),
            or(spec.optimizer().embeddingRateFactor(), 1),
            spec.optimizer().paged(),
            spec.maxSkippedSteps()),
        new Schedule(
            Schedule.Shape.of(spec.schedule()),
            spec.warmupRatio(),
            or(spec.decayRatio(), 0),
            or(spec.minLearningRateRatio(), 0)),
        new Regularisation(
            AdapterOfSpec.dropout(spec.adapter()),
            spec.regularisation().neftuneAlpha(),
            spec.regularisation().labelSmoothing(),
            spec.regularisation().emaDecay()),
        new HeldOutEvaluation(
            evaluation.everySteps(),
            evaluation.patience(),
            evaluation.minImprovement(),
            evaluation.keepBest()),
        new Checkpointing(spec.checkpointEverySteps(), spec.keepCheckpoints()),
        recomputes(spec, () -> decoder.config()),
        spec.seed());
  }

  /** Whether activations are computed twice to save memory. */
  static boolean recomputes(TrainingSpec spec, Supplier<DecoderConfig> config) {
    return spec.recomputeActivations() == null
        ? config.get().parameters() >= RECOMPUTE_FROM_PARAMETERS
        : spec.recomputeActivations();
  }

  private static Batching batching(TrainingSpec spec) {
    if (spec.tokenBudget() != null) {
      return new Batching(spec.batchSize(), 1, spec.tokenBudget(), true);
    }
    int microBatches = spec.packing() ? spec.gradientAccumulation() : spec.batchSize();
    return new Batching(spec.batchSize(), microBatches, 0, true);
  }

  static OptimizerRule rule(TrainingSpec.Optimizer optimizer) {
    OptimizerRule rule = OptimizerRule.of(optimizer.type());
    if (rule instanceof AdamW) {
      return new AdamW(optimizer.beta1(), optimizer.beta2(), optimizer.epsilon());
    }
    if (rule instanceof AdamW8bit) {
      return new AdamW8bit(optimizer.beta1(), optimizer.beta2(), optimizer.epsilon());
    }
    if (rule instanceof AdamWCompanded) {
      return new AdamWCompanded(optimizer.beta1(), optimizer.beta2(), optimizer.epsilon());
    }
    if (rule instanceof Lion) {
      return new Lion(optimizer.beta1(), optimizer.beta2());
    }
    if (rule instanceof Sgd) {
      return new Sgd(optimizer.momentum(), optimizer.nesterov());
    }
    return Adafactor.DEFAULT;
  }

  static WeightSelection weights(TrainingSpec spec, Decoder decoder) {
    TrainingSpec.Weights weights = spec.weights();
    WeightSelection selection =
        weights.train() != null
            ? new WeightSelection(weights.train(), List.of())
            : switch (weights.scope()) {
              case "last_layers" ->
                  WeightSelection.lastLayers(weights.lastLayers(), decoder.config());
              case "head" -> WeightSelection.head(decoder.config());
              case "embeddings" -> WeightSelection.embeddings(decoder.config());
              default -> WeightSelection.ALL;
            };
    return weights.freeze() == null ? selection : selection.freezing(weights.freeze());
  }

  private static double or(Double value, double absent) {
    return value == null ? absent : value;
  }
}
