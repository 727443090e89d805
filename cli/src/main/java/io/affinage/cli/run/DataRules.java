package io.affinage.cli.run;

import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import io.affinage.events.Setting;
import io.affinage.events.SplitPolicy;
import io.affinage.events.spec.Settings;

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
    @Setting(value = "how the file is written", otherwise = "\"AUTO\"") DatasetFormat format,
    @Setting(value = "how a row says what to learn", otherwise = "\"AUTO\"") DatasetLayout layout,
    @Setting("how rows are held out") SplitPolicy split,
    @Setting(
            value = "one bad row, or one that would be put right, rejects the dataset",
            otherwise = "false")
        boolean strict,
    @Setting("of text files, as IANA names it; UTF-8, or what a byte order mark says, unless given")
        String encoding,
    @Setting("of CSV files; of plain text the line between documents; detected unless given")
        String separator,
    @Setting("which answers of preference data become rows; rows stay as they are unless given")
        KeptAnswers keep) {
  public DataRules {
    format = format == null ? DatasetFormat.AUTO : format;
    layout = layout == null ? DatasetLayout.AUTO : layout;
  }

  /** Everything is detected, and every row is kept as it is. */
  public static final DataRules DETECTED = Settings.absent(DataRules.class);
}
