package io.affinage.events;

import org.jspecify.annotations.Nullable;

/** A job ended without a model. Type {@code io.affinage.training.failed.v1}; terminal. */
public record TrainingFailed(
    String jobId, int attempt, String workerId, ErrorDetail error, @Nullable RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
