package io.affinage.events;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far a job is; throttled at the source. Type {@code io.affinage.training.progressed.v1}.
 *
 * @param trainLoss mean loss per target token of the last step, nats
 * @param tokensSeen tokens processed, padding not counted
 * @param tokensPerSecond over the recent steps
 * @param etaSeconds estimate of what is left; null when unknown
 * @param metrics further numbers by name ({@code grad_norm}, {@code held_out_loss}); null for none
 * @param warnings what was noticed since the event before; null for nothing
 * @param pass how far what comes after that step is, where it takes long; null where not told
 */
public record TrainingProgressed(
    String jobId,
    int attempt,
    String workerId,
    int step,
    int totalSteps,
    @Nullable Double trainLoss,
    @Nullable Double learningRate,
    long tokensSeen,
    @Nullable Double tokensPerSecond,
    @Nullable Double etaSeconds,
    @Nullable Map<String, Double> metrics,
    @Nullable List<Warning> warnings,
    @Nullable Pass pass)
    implements EventData {

  /**
   * How far something within a step is, or what precedes the first one.
   *
   * @param kind {@code quantize}: a base is written in fewer bits; {@code forward}, {@code
   *     backward}: the blocks of a model that are read from disk, of one micro-batch
   * @param done weights or blocks
   * @param of all of them
   */
  public record Pass(String kind, int done, int of) {}

  /** Progress without warnings. */
  public TrainingProgressed(
      String jobId,
      int attempt,
      String workerId,
      int step,
      int totalSteps,
      @Nullable Double trainLoss,
      @Nullable Double learningRate,
      long tokensSeen,
      @Nullable Double tokensPerSecond,
      @Nullable Double etaSeconds,
      @Nullable Map<String, Double> metrics) {
    this(
        jobId,
        attempt,
        workerId,
        step,
        totalSteps,
        trainLoss,
        learningRate,
        tokensSeen,
        tokensPerSecond,
        etaSeconds,
        metrics,
        null,
        null);
  }

  /**
   * The same with the warnings of an event before it, each once.
   *
   * @param before of the same attempt; null for none
   */
  public TrainingProgressed after(@Nullable TrainingProgressed before) {
    if (before == null || before.warnings() == null) {
      return this;
    }
    Set<Warning> all = new LinkedHashSet<>(before.warnings());
    if (warnings != null) {
      all.addAll(warnings);
    }
    return new TrainingProgressed(
        jobId,
        attempt,
        workerId,
        step,
        totalSteps,
        trainLoss,
        learningRate,
        tokensSeen,
        tokensPerSecond,
        etaSeconds,
        metrics,
        List.copyOf(all),
        pass);
  }

  @Override
  public String key() {
    return jobId;
  }
}
