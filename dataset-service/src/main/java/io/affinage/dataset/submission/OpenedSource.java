package io.affinage.dataset.submission;

import io.affinage.dataset.ingest.RowSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Rows at hand, and how many bytes they are.
 *
 * @param temporary a file to delete behind it; null for none
 */
record OpenedSource(RowSource rows, long bytes, Path temporary) implements Closeable {
  @Override
  public void close() throws IOException {
    if (temporary != null) {
      Files.deleteIfExists(temporary);
    }
  }
}
