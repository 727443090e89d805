package io.affinage.dataset.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.reading.DataFile;
import io.affinage.dataset.reading.FileForm;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.dataset.reading.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where the rows are, once they are at hand. */
public sealed interface RowSource {

  /**
   * A local file.
   *
   * @param filename the name it came with, a hint for the format
   */
  record File(Path path, String filename) implements RowSource {}

  /** Rows in memory. */
  record Inline(List<JsonNode> rows) implements RowSource {}

  /** Opens the rows. */
  default Rows open(FileForm form, ReadLimits limits) throws IOException {
    if (this instanceof File file) {
      return Rows.of(new DataFile(file.path(), file.filename()), form, limits);
    }
    if (form.encoding() != null || form.separator() != null) {
      throw new DatasetException(
          form.encoding() != null ? "invalid_encoding" : "invalid_separator",
          "rows inside the event have neither encoding nor separator; leave them out",
          form.encoding() != null ? "encoding" : "separator");
    }
    return Rows.inline(((Inline) this).rows(), limits);
  }
}
