package io.affinage.dataset.catalog;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import java.time.Instant;

/** How a submission ended. */
public sealed interface DatasetEntry {

  /** The submission's id. */
  String id();

  /** When it ended. */
  Instant at();

  /** A version exists. */
  record Ready(DatasetReady data, Instant at) implements DatasetEntry {
    @Override
    public String id() {
      return data.submissionId();
    }
  }

  /** It was refused. */
  record Rejected(DatasetRejected data, Instant at) implements DatasetEntry {
    @Override
    public String id() {
      return data.submissionId();
    }
  }
}
