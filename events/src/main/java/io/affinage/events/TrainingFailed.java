package io.affinage.events;

/** A job ended without a model. Type {@code io.affinage.training.failed.v1}; terminal. */
public record TrainingFailed(
    String jobId, int attempt, String workerId, ErrorDetail error, RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
