package io.affinage.dataset.reading;

import java.io.IOException;
import java.io.InputStream;

/** JSON Lines: one JSON object a line. Blank lines at the end of the file are no rows. */
final class JsonlReader implements RowReader {
  private final LineScanner lines;
  private final JsonText json;
  private final ReadLimits limits;
  private long firstBlank;
  private long blanks;
  private boolean held;

  JsonlReader(InputStream in, ReadLimits limits) {
    this.lines = new LineScanner(in, limits.maxRowBytes());
    this.json = new JsonText(limits);
    this.limits = limits;
  }

  @Override
  public FoundRow next() throws IOException {
    if (!held) {
      firstBlank = lines.number() + 1;
      blanks = 0;
      while (true) {
        if (!lines.next()) {
          return null;
        }
        if (!lines.blank()) {
          break;
        }
        blanks++;
      }
      held = true;
    }
    if (blanks > 0) {
      blanks--;
      RowFault fault = new RowFault(FaultReason.EMPTY_ROW, "a blank line between rows");
      return new RawRow.Broken(firstBlank++, fault, "");
    }
    held = false;
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
    return JsonRow.of(json, lines.number(), lines.buffer(), lines.start(), lines.length());
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
