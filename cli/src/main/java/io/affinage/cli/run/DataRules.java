package io.affinage.cli.run;

import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import io.affinage.events.SplitPolicy;

/**
 * How a dataset is to be read, as a recipe or the command line says it.
 *
 * @param split null for the default
 * @param strict whether one bad row, or one that would be put right, rejects the dataset
 * @param encoding of a text file; null for UTF-8, or what a byte order mark says
 * @param separator between the fields of a CSV file or the documents of plain text; null detects it
 * @param keep which answers of preference data are kept; null for rows as they are
 */
public record DataRules(
    DatasetFormat format,
    DatasetLayout layout,
    SplitPolicy split,
    boolean strict,
    String encoding,
    String separator,
    KeptAnswers keep) {

  /** Everything is detected, and every row is kept as it is. */
  public static final DataRules DETECTED =
      new DataRules(DatasetFormat.AUTO, DatasetLayout.AUTO, null, false, null, null, null);
}
