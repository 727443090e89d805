package io.affinage.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of one split of a dataset version, one after the other. Rows of versions that were
 * stored before a field existed are read as rows without it.
 */
public final class NormalRowReader implements Closeable {
  private static final ObjectReader ROW =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(NormalRow.class);

  private final BufferedReader lines;
  private long line;

  /**
   * @param file the bytes of {@code train.jsonl} or a sibling; closed with this reader
   */
  public NormalRowReader(InputStream file) {
    this.lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8));
  }

  /**
   * The next row, or null at the end.
   *
   * @throws JsonProcessingException when the line, see {@link #line()}, is no row
   */
  public @Nullable NormalRow next() throws IOException {
    for (String text = lines.readLine(); text != null; text = lines.readLine()) {
      line++;
      if (!text.isBlank()) {
        return ROW.readValue(text);
      }
    }
    return null;
  }

  /** The line of the row that was read last, from 1. */
  public long line() {
    return line;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
