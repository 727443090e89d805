package io.affinage.artifacts;

import java.io.IOException;
import java.io.InputStream;

/**
 * A producer's file, open for reading.
 *
 * @param name the last part of its path, a hint for the format
 * @param size bytes
 * @param content closed with this object
 */
public record SourceObject(String name, long size, InputStream content) implements AutoCloseable {
  @Override
  public void close() throws IOException {
    content.close();
  }
}
