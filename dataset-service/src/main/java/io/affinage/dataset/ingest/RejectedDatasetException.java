package io.affinage.dataset.ingest;

import io.affinage.events.DatasetCounts;
import io.affinage.events.ErrorDetail;

/** Rows were read, and the dataset is of no use. */
public final class RejectedDatasetException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient ErrorDetail error;
  private final transient DatasetCounts counts;

  /**
   * @param counts what was read before it was refused; null when nothing could be read
   */
  public RejectedDatasetException(ErrorDetail error, DatasetCounts counts, Throwable cause) {
    super(error.code() + ": " + error.message(), cause);
    this.error = error;
    this.counts = counts;
  }

  public ErrorDetail error() {
    return error;
  }

  public DatasetCounts counts() {
    return counts;
  }
}
