package io.affinage.dataset.reading;

import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads whole files for tests. */
final class ReadRows {
  private ReadRows() {}

  static List<RawRow> of(Path file, DatasetFormat format, ReadLimits limits) throws IOException {
    List<RawRow> rows = new ArrayList<>();
    try (RowReader reader =
        Rows.of(new DataFile(file, file.getFileName().toString()), FileForm.of(format), limits)
            .reader()) {
      for (FoundRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row.read());
      }
    }
    return rows;
  }

  static List<RawRow> of(Path folder, String name, byte[] content, ReadLimits limits) {
    try {
      Path file = Files.write(folder.resolve(name), content);
      return of(file, DatasetFormat.AUTO, limits);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<RawRow> of(Path folder, String name, String content) {
    return of(folder, name, content.getBytes(StandardCharsets.UTF_8), ReadLimits.DEFAULT);
  }

  /** {@code line:reason}, or {@code line:{json}} for readable rows. */
  static List<String> show(List<RawRow> rows) {
    return rows.stream()
        .map(
            row ->
                row.line()
                    + ":"
                    + (row instanceof RawRow.Broken broken
                        ? broken.fault().reason().code()
                        : ((RawRow.Fields) row).fields().toString()))
        .toList();
  }
}
