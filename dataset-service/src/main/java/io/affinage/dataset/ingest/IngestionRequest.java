package io.affinage.dataset.ingest;

import io.affinage.dataset.layout.RowRules;
import io.affinage.dataset.reading.FileForm;
import io.affinage.events.SplitPolicy;

/**
 * What shall be made of the rows.
 *
 * @param name letters, digits, {@code . _ -}, at most 100 characters
 * @param form how the bytes are written
 * @param rules how rows are read; strict ones let one bad row refuse the dataset
 * @param split null for the default
 */
public record IngestionRequest(String name, FileForm form, RowRules rules, SplitPolicy split) {

  public IngestionRequest {
    split = split == null ? SplitPolicy.DEFAULT : split;
  }

  /** Everything is detected, and every row is kept as it is. */
  public static IngestionRequest detected(String name) {
    return new IngestionRequest(name, FileForm.DETECTED, RowRules.DETECTED, null);
  }
}
