package io.affinage.dataset.reading;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Splits bytes at line feeds. A line is a slice of the buffer, without its line feed or CR LF; of a
 * line that is longer than the limit only the start is kept and the rest skipped.
 */
final class LineScanner implements Closeable {
  private static final int FIRST_BUFFER = 1 << 18;

  private final InputStream in;
  private final int maxLine;
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int filled;
  private int position;
  private boolean ended;

  private int start;
  private int length;
  private long number;
  private long fullLength;

  LineScanner(InputStream in, int maxLine) {
    this.in = in;
    this.maxLine = maxLine;
  }

  /** Moves to the next line; false at the end. */
  boolean next() throws IOException {
    int scanned = position;
    while (true) {
      for (int i = scanned; i < filled; i++) {
        if (buffer[i] == '\n') {
          return line(position, i, i + 1);
        }
      }
      scanned = filled;
      if (filled - position > maxLine + 1) {
        return skipLong();
      }
      if (ended) {
        return position < filled && line(position, filled, filled);
      }
      scanned -= compactOrGrow();
      fill();
    }
  }

  byte[] buffer() {
    return buffer;
  }

  int start() {
    return start;
  }

  /** Bytes of the line that are held. */
  int length() {
    return length;
  }

  /** Bytes of the line in the file. */
  long fullLength() {
    return fullLength;
  }

  boolean tooLong() {
    return fullLength > maxLine;
  }

  boolean blank() {
    if (tooLong()) {
      return false;
    }
    for (int i = start; i < start + length; i++) {
      if (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r') {
        return false;
      }
    }
    return true;
  }

  /** Line number, from 1. */
  long number() {
    return number;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private boolean line(int from, int to, int after) {
    int end = to > from && buffer[to - 1] == '\r' ? to - 1 : to;
    start = from;
    length = end - from;
    fullLength = length;
    if (number == 0 && startsWithByteOrderMark()) {
      start += 3;
      length -= 3;
      fullLength -= 3;
    }
    position = after;
    number++;
    return true;
  }

  boolean startsWithByteOrderMark() {
    return length >= 3
        && buffer[start] == (byte) 0xEF
        && buffer[start + 1] == (byte) 0xBB
        && buffer[start + 2] == (byte) 0xBF;
  }

  /**
   * The line is longer than the limit: keep its first bytes at the buffer's start, drop the rest.
   */
  private boolean skipLong() throws IOException {
    int kept = Math.min(filled - position, FIRST_BUFFER / 4);
    System.arraycopy(buffer, position, buffer, 0, kept);
    long dropped = filled - position;
    position = kept;
    filled = kept;
    while (true) {
      fill();
      for (int i = position; i < filled; i++) {
        if (buffer[i] == '\n') {
          return longLine(kept, dropped + (i - position), i + 1);
        }
      }
      dropped += filled - position;
      filled = kept;
      if (ended) {
        return longLine(kept, dropped, filled);
      }
    }
  }

  private boolean longLine(int kept, long bytes, int after) {
    start = 0;
    length = kept;
    fullLength = bytes;
    position = after;
    number++;
    return true;
  }

  /** Makes room behind {@code filled}; returns by how much the content moved to the front. */
  private int compactOrGrow() {
    if (filled < buffer.length) {
      return 0;
    }
    if (position > 0) {
      int moved = position;
      System.arraycopy(buffer, position, buffer, 0, filled - position);
      filled -= position;
      position = 0;
      return moved;
    }
    long wanted = Math.min(2L * buffer.length, maxLine + 2L + FIRST_BUFFER);
    buffer = Arrays.copyOf(buffer, (int) Math.min(wanted, Integer.MAX_VALUE - 16));
    return 0;
  }

  private void fill() throws IOException {
    int read = in.read(buffer, filled, buffer.length - filled);
    if (read < 0) {
      ended = true;
    } else {
      filled += read;
    }
  }
}
