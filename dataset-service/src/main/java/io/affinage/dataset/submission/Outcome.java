package io.affinage.dataset.submission;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.ErrorDetail;

/** How a submission ended. */
public sealed interface Outcome {

  /** A dataset version exists. */
  record Ready(DatasetReady event, long bytes) implements Outcome {}

  /** Nothing happened yet: what the work needs is away, and the submission is not at fault. */
  record Postponed(ErrorDetail why) implements Outcome {}

  /** It was refused. */
  record Rejected(DatasetRejected event, long bytes) implements Outcome {}
}
