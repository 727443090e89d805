package io.affinage.events;

/**
 * A user wants a job cancelled, paused or resumed. Type {@code
 * io.affinage.training.control-requested.v1}; on the job log.
 */
public record TrainingControlRequested(String jobId, Action action) implements EventData {
  /** What is wanted. */
  public enum Action {
    CANCEL,
    PAUSE,
    RESUME
  }

  @Override
  public String key() {
    return jobId;
  }
}
