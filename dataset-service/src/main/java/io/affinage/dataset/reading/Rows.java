package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.List;

/**
 * Opens the rows of a dataset.
 *
 * @param format what was named or found; never AUTO; null for inline rows
 */
public record Rows(DatasetFormat format, RowReader reader) {
  private static final int HEAD_BYTES = 1 << 16;

  /**
   * Rows of a file; what is not said of its form is detected.
   *
   * @throws DatasetException when the form cannot be told, or what was said does not fit it
   */
  public static Rows of(DataFile file, FileForm form, ReadLimits limits) throws IOException {
    Charset named = form.charset();
    byte[] head;
    try (InputStream in = TextBytes.of(file.open(limits), named).in()) {
      head = in.readNBytes(HEAD_BYTES);
    }
    DatasetFormat format =
        form.format() == DatasetFormat.AUTO
            ? FormatDetection.of(head, head.length < HEAD_BYTES, file.name())
            : form.format();
    requireFit(form, format);
    requireEncodingSaid(head, format);
    if (format == DatasetFormat.PARQUET) {
      return new Rows(format, ParquetRows.open(file.path(), limits));
    }
    String name = FormatDetection.unpackedName(file.name());
    CsvDialect dialect =
        format == DatasetFormat.CSV ? CsvDialect.of(head, name, form.fieldSeparator()) : null;
    TextBytes text = TextBytes.of(file.open(limits), named);
    return new Rows(
        format,
        switch (format) {
          case JSONL -> new JsonlReader(text, limits);
          case JSON -> new JsonReader(text, limits);
          case CSV -> new CsvRows(text, dialect, limits);
          case TEXT -> new TextReader(text, form.separator(), limits);
          case AUTO, PARQUET -> throw new IllegalStateException("told apart before");
        });
  }

  /** In UTF-16 every other byte of what files begin with is zero; in UTF-8 none is. */
  private static void requireEncodingSaid(byte[] head, DatasetFormat format) {
    if (format == DatasetFormat.PARQUET || head.length < 4) {
      return;
    }
    boolean little = head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0;
    boolean big = head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0;
    if (little || big) {
      throw new DatasetException(
          "invalid_encoding",
          "the file looks like UTF-16 without a byte order mark; name the encoding "
              + (little ? "utf-16le" : "utf-16be"),
          "encoding");
    }
  }

  private static void requireFit(FileForm form, DatasetFormat format) {
    if (form.encoding() != null && format == DatasetFormat.PARQUET) {
      throw new DatasetException(
          "invalid_encoding", "a Parquet file has no encoding; leave it out", "encoding");
    }
    if (form.separator() != null && format != DatasetFormat.CSV && format != DatasetFormat.TEXT) {
      throw new DatasetException(
          "invalid_separator",
          "a separator goes with CSV and with plain text, and the file is " + format,
          "separator");
    }
  }

  /** Rows that are already here. */
  public static Rows inline(List<JsonNode> rows, ReadLimits limits) {
    return new Rows(null, new InlineRows(rows, limits));
  }
}
