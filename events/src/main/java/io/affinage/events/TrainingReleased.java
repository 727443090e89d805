package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * The attempt's worker stops in good order; another may claim at once. Type {@code
 * io.affinage.training.released.v1}.
 *
 * @param reason for people
 * @param error why the worker could not do it, of a kind that another worker may not have; null
 *     where it only stops
 */
public record TrainingReleased(
    String jobId,
    int attempt,
    String workerId,
    @Nullable String reason,
    @Nullable ErrorDetail error)
    implements EventData {

  /** A worker that stops, for no fault. */
  public TrainingReleased(String jobId, int attempt, String workerId, @Nullable String reason) {
    this(jobId, attempt, workerId, reason, null);
  }

  @Override
  public String key() {
    return jobId;
  }
}
