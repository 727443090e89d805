package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A producer hands in a dataset. Type {@code io.affinage.dataset.submitted.v1}.
 *
 * @param submissionId chosen by the producer; submitting the same id again has no second effect
 * @param name a display name: letters, digits, {@code . _ -}, at most 100 characters
 * @param source where the rows are
 * @param format how the bytes are written; {@code AUTO} detects
 * @param layout how a row says what to learn; {@code AUTO} detects
 * @param split how rows are held out; null for the default
 * @param strict when true, one bad row, or one that would be put right, rejects the dataset;
 *     otherwise bad rows go to quarantine
 * @param slip what shall happen with the dataset once it is ready; null or empty for nothing
 * @param encoding of text files, as IANA names it ({@code windows-1252}); null for UTF-8, or what a
 *     byte order mark says
 * @param separator of CSV files: the one character between fields, or {@code tab}; of plain text:
 *     the line between documents. Null detects it; plain text is split at blank lines
 * @param keep which answers of preference data become rows to learn from; null for rows as they are
 */
public record DatasetSubmitted(
    String submissionId,
    String name,
    DatasetSource source,
    @JsonProperty(defaultValue = "AUTO") DatasetFormat format,
    @JsonProperty(defaultValue = "AUTO") DatasetLayout layout,
    @Nullable SplitPolicy split,
    @JsonProperty(defaultValue = "false") boolean strict,
    @Nullable RoutingSlip slip,
    @Nullable String encoding,
    @Nullable String separator,
    @Nullable KeptAnswers keep)
    implements EventData {
  public DatasetSubmitted {
    format = format == null ? DatasetFormat.AUTO : format;
    layout = layout == null ? DatasetLayout.AUTO : layout;
  }

  /** A dataset whose encoding and separator are detected, with its rows as they are. */
  public DatasetSubmitted(
      String submissionId,
      String name,
      DatasetSource source,
      DatasetFormat format,
      DatasetLayout layout,
      @Nullable SplitPolicy split,
      boolean strict,
      @Nullable RoutingSlip slip) {
    this(submissionId, name, source, format, layout, split, strict, slip, null, null, null);
  }

  @Override
  public String key() {
    return submissionId;
  }
}
