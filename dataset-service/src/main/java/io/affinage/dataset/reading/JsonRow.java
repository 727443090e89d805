package io.affinage.dataset.reading;

import java.util.Arrays;

/** The text of a row, which holds a JSON object if all is well. */
final class JsonRow implements FoundRow {
  private final JsonText json;
  private final long line;
  private final byte[] text;

  private JsonRow(JsonText json, long line, byte[] text) {
    this.json = json;
    this.line = line;
    this.text = text;
  }

  /** Keeps a copy of the slice. */
  static JsonRow of(JsonText json, long line, byte[] buffer, int start, int length) {
    return new JsonRow(json, line, Arrays.copyOfRange(buffer, start, start + length));
  }

  @Override
  public RawRow read() {
    return json.row(line, text, 0, text.length);
  }

  @Override
  public long weight() {
    return 32L + text.length;
  }
}
