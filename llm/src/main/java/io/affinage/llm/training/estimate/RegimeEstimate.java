package io.affinage.llm.training.estimate;

import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Precision;
import java.util.Arrays;
import java.util.List;

/**
 * What a regime takes.
 *
 * @param regime what is trained
 * @param memory at the peak
 * @param work of a micro-batch
 * @param tokens of that micro-batch
 */
public record RegimeEstimate(Regime regime, MemoryEstimate memory, Work work, long tokens) {

  /**
   * Of a model.
   *
   * @throws io.affinage.llm.error.LlmException {@code invalid_adapter} for a target module that it
   *     does not have
   */
  public static RegimeEstimate of(DecoderConfig config, Regime regime, Workload workload) {
    WeightMemory weights =
        WeightMemory.of(config, workload.precision(), regime.form(), regime.streamed());
    List<LinearLayer> targets =
        regime.trainsAdapter() ? config.targets(workload.targetModules()) : List.of();
    return new RegimeEstimate(
        regime,
        new MemoryEstimate(
            weights,
            trained(config, regime, workload, targets),
            regime.trains()
                ? ActivationMemory.ofTraining(config, workload, targets, regime.trainsAdapter())
                : ActivationMemory.ofGeneration(config, workload),
            MemoryEstimate.PROCESS),
        Work.of(config, regime, workload, weights),
        workload.tokens());
  }

  private static TrainedMemory trained(
      DecoderConfig config, Regime regime, Workload workload, List<LinearLayer> targets) {
    if (!regime.trains()) {
      return TrainedMemory.NOTHING;
    }
    List<TrainedArray> arrays =
        regime.trainsAdapter()
            ? TrainedMemory.lowRank(config, targets, workload.rank(), workload.precision())
            : TrainedMemory.weights(config, workload.precision());
    // A step of one micro-batch keeps the gradients of weights in the precision of the model.
    boolean kept = !regime.trainsAdapter() && workload.precision() != Precision.FLOAT16;
    int gradientBytes = kept ? workload.precision().bytes() : Float.BYTES;
    TrainedMemory trained =
        TrainedMemory.of(arrays, workload.precision(), gradientBytes, workload.rule(), false);
    return workload.paged() ? trained.paged() : trained;
  }

  /** Of every regime, in the order of {@link Regime}. */
  public static List<RegimeEstimate> all(DecoderConfig config, Workload workload) {
    return Arrays.stream(Regime.values()).map(regime -> of(config, regime, workload)).toList();
  }
}
