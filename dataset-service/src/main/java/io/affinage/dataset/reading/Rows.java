package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Opens the rows of a dataset.
 *
 * @param format what was named or found; never AUTO; null for inline rows
 */
public record Rows(DatasetFormat format, RowReader reader) {
  private static final int HEAD_BYTES = 1 << 16;

  /** Rows of a file, whose format is detected when it is AUTO or null. */
  public static Rows of(DataFile file, DatasetFormat named, ReadLimits limits) throws IOException {
    byte[] head;
    try (InputStream in = file.open(limits)) {
      head = in.readNBytes(HEAD_BYTES);
    }
    DatasetFormat format =
        named == null || named == DatasetFormat.AUTO
            ? FormatDetection.of(head, head.length < HEAD_BYTES, file.name())
            : named;
    return new Rows(format, open(file, format, head, limits));
  }

  /** Rows that are already here. */
  public static Rows inline(List<JsonNode> rows, ReadLimits limits) {
    return new Rows(null, new InlineRows(rows, limits));
  }

  private static RowReader open(DataFile file, DatasetFormat format, byte[] head, ReadLimits limits)
      throws IOException {
    return switch (format) {
      case JSONL -> new JsonlReader(file.open(limits), limits);
      case JSON -> new JsonReader(file.open(limits), limits);
      case CSV ->
          new CsvRows(file.open(limits), FormatDetection.separator(head, file.name()), limits);
      case TEXT -> new TextReader(file.open(limits), limits);
      case PARQUET -> ParquetRows.open(file.path(), limits);
      case AUTO -> throw new DatasetException("unknown_format", "the format is not known");
    };
  }
}
