package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.GgufSpec;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.estimate.Regime;
import io.affinage.llm.training.estimate.RegimeEstimate;
import io.affinage.llm.training.estimate.Workload;
import java.nio.file.Path;
import java.util.List;

/** What a job takes, by its specification and the headers of its base. */
final class EstimateOfSpec {
  /** Of adapters that have none: they are smaller than low-rank ones of this rank. */
  private static final int RANK = 8;

  private EstimateOfSpec() {}

  /**
   * Of a regime, with the rest of the specification as it is.
   *
   * @param spec resolved
   * @throws io.affinage.llm.error.LlmException as opening the model would
   */
  static RegimeEstimate of(TrainingSpec spec, Path model, Regime regime) {
    DecoderConfig config = DecoderFiles.config(Checkpoint.open(model));
    return RegimeEstimate.of(config, regime, workload(spec, config));
  }

  /** The regime that a specification asks for. */
  static Regime regime(TrainingSpec spec, boolean streamed) {
    if (spec.adapter() instanceof NoAdapter) {
      return Regime.FULL;
    }
    return spec.quantization() == null
        ? Regime.LORA
        : streamed ? Regime.QLORA_STREAMED : Regime.QLORA;
  }

  /**
   * Whether its memory can be estimated: not where some of the weights are trained, or kept as a
   * GGUF file has them.
   */
  static boolean knows(TrainingSpec spec) {
    TrainingSpec.Weights weights = spec.weights();
    boolean all =
        weights == null
            || weights.train() == null
                && (weights.freeze() == null || weights.freeze().isEmpty())
                && (weights.scope() == null || weights.scope().equals("all"));
    return (all || !(spec.adapter() instanceof NoAdapter))
        && !(spec.quantization() instanceof GgufSpec);
  }

  /** Bytes of a base's weights in memory; with those of the copy that answers are sampled from. */
  static long weights(TrainingSpec spec, Path model) {
    if (spec.quantization() instanceof GgufSpec) {
      Checkpoint checkpoint = Checkpoint.open(model);
      return checkpoint.names().stream()
          .mapToLong(name -> checkpoint.entry(name).byteLength())
          .sum();
    }
    Regime regime = regime(spec, false);
    long bytes = of(spec, model, regime).memory().weights().bytes();
    boolean copied =
        spec.objective() instanceof SampledObjective
            && regime == Regime.LORA
            && bytes <= TrainingSession.LARGEST_COPY;
    return copied ? 2 * bytes : bytes;
  }

  /** Texts that are never divided. */
  private static int group(TrainingSpec spec) {
    if (spec.objective() instanceof SampledObjective sampled) {
      return sampled.numGenerations();
    }
    return spec.objective() == null ? 1 : 2;
  }

  private static Workload workload(TrainingSpec spec, DecoderConfig config) {
    int length = Math.min(spec.maxLength(), config.shape().maxPositions());
    int rows;
    if (spec.tokenBudget() != null) {
      rows = Math.max(1, spec.tokenBudget() / length);
    } else if (spec.packing()) {
      rows = Math.max(1, spec.batchSize() / spec.gradientAccumulation());
    } else {
      rows = group(spec);
    }
    return new Workload(
        rows,
        length,
        rank(spec),
        targets(spec),
        Compute.of("cpu", spec.dtype()).precision().orElse(Precision.BFLOAT16),
        SettingsOfSpec.rule(spec.optimizer()),
        spec.optimizer().paged(),
        SettingsOfSpec.recomputes(spec, () -> config));
  }

  private static int rank(TrainingSpec spec) {
    if (spec.adapter() instanceof LoraSpec lora) {
      return lora.rank();
    }
    return spec.adapter() instanceof DoraSpec dora ? dora.rank() : RANK;
  }

  private static List<String> targets(TrainingSpec spec) {
    if (spec.adapter() instanceof LoraSpec lora) {
      return lora.targetModules();
    }
    return spec.adapter() instanceof DoraSpec dora ? dora.targetModules() : List.of("all-linear");
  }
}
