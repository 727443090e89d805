package io.affinage.llm.training;

/**
 * A run is to stop, and what its next step needs is waited for: thrown by whoever waits, or
 * samples. The run then ends as {@link TrainingListener#shouldStop} would end it, at the step that
 * was made last.
 */
public final class StopRequestedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StopRequestedException() {
    super("the run was told to stop while it waited");
  }
}
