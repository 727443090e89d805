package io.affinage.dataset.reading;

import java.io.IOException;

/** JSON Lines: one JSON object a line. Blank lines are no rows. */
final class JsonlReader implements RowReader {
  private final LineScanner lines;
  private final JsonText json;
  private final ReadLimits limits;

  JsonlReader(TextBytes text, ReadLimits limits) {
    this.lines = new LineScanner(text.in(), limits.maxRowBytes());
    this.json = new JsonText(limits, text.unknownBytes());
    this.limits = limits;
  }

  @Override
  public FoundRow next() throws IOException {
    do {
      if (!lines.next()) {
        return null;
      }
    } while (lines.blank());
    if (lines.tooLong()) {
      String detail =
          "the line has "
              + lines.fullLength()
              + " bytes, the limit for one row is "
              + limits.maxRowBytes();
      return json.broken(
          lines.number(),
          FaultReason.ROW_TOO_LARGE,
          detail,
          lines.buffer(),
          lines.start(),
          lines.length());
    }
    // A byte order mark begins each of several files that were put behind each other.
    int mark = lines.startsWithByteOrderMark() ? 3 : 0;
    return JsonRow.of(
        json, lines.number(), lines.buffer(), lines.start() + mark, lines.length() - mark);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
