package io.affinage.trainer.job;

import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingRequested;

/** What users ask for, written to the topics; each returns once the board has read it back. */
public interface JobCommands {

  /**
   * @throws UnavailableException when the broker does not answer in time
   */
  void request(TrainingRequested request);

  /**
   * @throws UnavailableException when the broker does not answer in time
   */
  void control(String jobId, TrainingControlRequested.Action action);

  /**
   * Waits until the board has read all that is in the topics now.
   *
   * @throws UnavailableException when the broker does not answer in time
   */
  void catchUp();

  /** The broker did not answer in time; the command may or may not have been written. */
  final class UnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
