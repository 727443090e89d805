package io.affinage.events;

import java.util.List;
import java.util.Map;
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
    @Nullable List<Warning> warnings)
    implements EventData {

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
        null);
  }

  @Override
  public String key() {
    return jobId;
  }
}
