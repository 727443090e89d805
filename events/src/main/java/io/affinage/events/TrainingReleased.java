package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * The attempt's worker stops in good order; another may claim at once. Type {@code
 * io.affinage.training.released.v1}.
 */
public record TrainingReleased(String jobId, int attempt, String workerId, @Nullable String reason)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
