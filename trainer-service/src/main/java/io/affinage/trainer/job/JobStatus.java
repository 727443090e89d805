package io.affinage.trainer.job;

import java.util.Locale;

/** The states of a job as OpenAI's fine-tuning API spells them. */
public enum JobStatus {
  /** The dataset is not ready yet. */
  VALIDATING_FILES,
  QUEUED,
  RUNNING,
  PAUSED,
  /** A user wants the job ended; its worker has not confirmed yet. */
  CANCELLING,
  SUCCEEDED,
  FAILED,
  CANCELLED;

  /** The word that clients see. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public boolean terminal() {
    return this == SUCCEEDED || this == FAILED || this == CANCELLED;
  }
}
