package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What became of every row read; {@code read = accepted + duplicates + quarantined + leftOut}.
 *
 * @param duplicates exact duplicates removed (after normalisation)
 * @param quarantined rows set aside with line number and reason
 * @param leftOut rows that the submission does not want, see {@link DatasetSubmitted#keep()}
 */
public record DatasetCounts(
    long read,
    long accepted,
    long duplicates,
    long quarantined,
    @JsonProperty(defaultValue = "0") long leftOut) {

  /** Counts of a dataset that wants every row. */
  public DatasetCounts(long read, long accepted, long duplicates, long quarantined) {
    this(read, accepted, duplicates, quarantined, 0);
  }
}
