package io.affinage.dataset.reading;

import io.affinage.dataset.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * A JSON array of rows, or an object in which exactly one key holds such an array.
 *
 * <p>The array is cut into its elements by brackets and quotes alone and each element parsed by
 * itself, so that one bad element costs one row and an element of any size is skipped in constant
 * memory. As JSON strings hold no raw line feed, one ends a string that was never closed.
 */
final class JsonReader implements RowReader {
  private enum State {
    START,
    IN_ROWS,
    ENDED
  }

  private final InputStream in;
  private final JsonText json;
  private final ReadLimits limits;
  private final byte[] buffer = new byte[1 << 16];
  private int filled;
  private int position;
  private long line = 1;

  private State state = State.START;
  private boolean wrapped;
  private String rowsKey;
  private boolean firstElement = true;

  private byte[] element = new byte[1 << 14];
  private int held;
  private long elementBytes;

  JsonReader(TextBytes text, ReadLimits limits) {
    this.in = text.in();
    this.json = new JsonText(limits, text.unknownBytes());
    this.limits = limits;
  }

  @Override
  public FoundRow next() throws IOException {
    if (state == State.START) {
      open();
    }
    if (state == State.ENDED) {
      return null;
    }
    int c = skipWhitespace();
    if (c == ']') {
      endRows();
      return null;
    }
    if (c < 0) {
      throw truncated(line);
    }
    if (!firstElement) {
      if (c != ',') {
        throw invalid("expected ',' or ']' between rows, found " + show(c));
      }
      c = skipWhitespace();
    }
    if (c == ']' || c == ',') {
      throw invalid("a comma without a row behind it");
    }
    firstElement = false;
    long first = line;
    collect(c, first);
    return row(first);
  }

  private FoundRow row(long first) {
    if (elementBytes > limits.maxRowBytes()) {
      String detail =
          "the row has " + elementBytes + " bytes, the limit is " + limits.maxRowBytes();
      return json.broken(first, FaultReason.ROW_TOO_LARGE, detail, element, 0, held);
    }
    return JsonRow.of(json, first, element, 0, held);
  }

  private void open() throws IOException {
    skipByteOrderMark();
    int c = skipWhitespace();
    if (c == '[') {
      state = State.IN_ROWS;
    } else if (c == '{') {
      wrapped = true;
      findRows(skipWhitespace());
    } else if (c < 0) {
      state = State.ENDED;
    } else {
      throw invalid(
          "expected an array of rows or an object that holds one, found "
              + show(c)
              + "; name the format if the file is not JSON");
    }
  }

  /** Reads the members of the wrapping object up to the array of rows, or to the end. */
  private void findRows(int first) throws IOException {
    int c = first;
    while (true) {
      if (c == '}') {
        finish();
        return;
      }
      if (c != '"') {
        throw invalid("expected a key, found " + show(c));
      }
      collect(c, line);
      String key = Excerpt.of(element, 0, held, 100);
      c = skipWhitespace();
      if (c != ':') {
        throw invalid("expected ':' behind the key " + key + ", found " + show(c));
      }
      c = skipWhitespace();
      if (c == '[') {
        int inner = skipWhitespace();
        position--;
        if (inner == '{') {
          enterRows(key);
          return;
        }
      }
      collect(c, line);
      c = nextMember();
    }
  }

  private void enterRows(String key) {
    if (rowsKey != null) {
      throw new DatasetException(
          "ambiguous_json",
          "the JSON object holds more than one array of rows (under "
              + rowsKey
              + " and "
              + key
              + ", line "
              + line
              + "); submit a file with one of them");
    }
    rowsKey = key;
    state = State.IN_ROWS;
  }

  private int nextMember() throws IOException {
    int c = skipWhitespace();
    if (c == ',') {
      c = skipWhitespace();
      if (c != '"') {
        throw invalid("expected a key behind the comma, found " + show(c));
      }
    } else if (c != '}') {
      throw invalid("expected ',' or '}', found " + show(c));
    }
    return c;
  }

  private void endRows() throws IOException {
    if (wrapped) {
      // A second array of rows is refused; anything else behind the rows is passed over.
      findRows(nextMember());
    } else {
      finish();
    }
  }

  private void finish() throws IOException {
    int c = skipWhitespace();
    if (c >= 0) {
      throw invalid(
          "text behind the end of the JSON document; if each line is a row, name the format JSONL");
    }
    if (wrapped && rowsKey == null) {
      throw new DatasetException(
          "no_rows_array",
          "the JSON object holds no array of rows; submit an array of objects, or an object with"
              + " one such array");
    }
    state = State.ENDED;
  }

  /** Takes one JSON value that starts with {@code c} into {@link #element}. */
  private void collect(int c, long first) throws IOException {
    held = 0;
    elementBytes = 0;
    if (c != '{' && c != '[' && c != '"') {
      collectScalar(c, first);
      return;
    }
    int depth = 0;
    boolean quoted = false;
    boolean escaped = false;
    int b = c;
    while (true) {
      if (b < 0) {
        throw truncated(first);
      }
      keep(b);
      if (quoted) {
        if (escaped) {
          escaped = false;
        } else if (b == '\\') {
          escaped = true;
        } else if (b == '"' || b == '\n') {
          quoted = false;
        }
      } else if (b == '"') {
        quoted = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if (b == '}' || b == ']') {
        depth--;
      }
      if (depth <= 0 && !quoted) {
        return;
      }
      b = read();
    }
  }

  private void collectScalar(int c, long first) throws IOException {
    int b = c;
    while (b != ',' && b != ']' && b != '}' && !whitespace(b)) {
      if (b < 0) {
        throw truncated(first);
      }
      keep(b);
      b = read();
    }
    position--;
    if (b == '\n') {
      line--;
    }
  }

  private void keep(int b) {
    elementBytes++;
    if (held == element.length) {
      if (held >= limits.maxRowBytes()) {
        return;
      }
      element = Arrays.copyOf(element, (int) Math.min(2L * held, limits.maxRowBytes()));
    }
    element[held++] = (byte) b;
  }

  private int skipWhitespace() throws IOException {
    int c;
    do {
      c = read();
    } while (whitespace(c));
    return c;
  }

  private void skipByteOrderMark() throws IOException {
    if (read() == 0xEF) {
      if (read() != 0xBB || read() != 0xBF) {
        throw invalid("bytes that are neither UTF-8 nor JSON at the start");
      }
    } else {
      position = 0;
      line = 1;
    }
  }

  private static boolean whitespace(int c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
  }

  private int read() throws IOException {
    if (position >= filled) {
      filled = in.read(buffer, 0, buffer.length);
      position = 0;
      if (filled <= 0) {
        filled = 0;
        position = 1; // one step back, as after any byte, stays harmless
        return -1;
      }
    }
    byte b = buffer[position++];
    if (b == '\n') {
      line++;
    }
    return b & 0xFF;
  }

  private DatasetException invalid(String what) {
    return new DatasetException("invalid_json", "line " + line + ": " + what);
  }

  private static DatasetException truncated(long first) {
    return new DatasetException(
        "truncated_json",
        "the file ends inside the value that begins in line "
            + first
            + "; a bracket or quote is not closed, or the file is incomplete");
  }

  private static String show(int c) {
    return c < 0
        ? "the end of the file"
        : c < 0x20 || c > 0x7E ? "byte " + c : "'" + (char) c + "'";
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
