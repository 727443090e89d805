package io.affinage.dataset.submission;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;

/** How a submission ended. */
public sealed interface Outcome {

  /** A dataset version exists. */
  record Ready(DatasetReady event, long bytes) implements Outcome {}

  /** It was refused. */
  record Rejected(DatasetRejected event, long bytes) implements Outcome {}
}
