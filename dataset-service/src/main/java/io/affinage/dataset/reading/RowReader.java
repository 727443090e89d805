package io.affinage.dataset.reading;

import java.io.Closeable;
import java.io.IOException;

/** Finds rows one after the other. Not for several threads. */
public interface RowReader extends Closeable {

  /**
   * The next row, or null at the end.
   *
   * @throws io.affinage.dataset.DatasetException when nothing behind this place can be trusted
   * @throws IOException when the bytes cannot be had
   */
  FoundRow next() throws IOException;
}
