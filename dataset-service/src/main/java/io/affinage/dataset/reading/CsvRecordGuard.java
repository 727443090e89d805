package io.affinage.dataset.reading;

import io.affinage.dataset.DatasetException;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Stands between the characters and the CSV parser and keeps what one record may take in bounds: of
 * a record that is too large the rest of each field is swallowed, its end and all other records
 * stay where they are. Notes which record was cut or has a field that goes on behind its closing
 * quote, so that it goes to quarantine.
 */
final class CsvRecordGuard extends Reader {
  /**
   * A record that must not be used.
   *
   * @param recordIndex from 0
   * @param swallowedLines line ends that the parser did not get to see
   */
  record Marked(long recordIndex, RowFault fault, long swallowedLines) {}

  private enum Place {
    FIELD_START,
    PLAIN,
    QUOTED,
    /** Behind a quote inside a quoted field: its end, or the first half of a doubled quote. */
    QUOTE_IN_QUOTED
  }

  private final Reader in;
  private final char separator;
  private final int maxRecord;
  private final Queue<Marked> marked = new ArrayDeque<>();
  private Place place = Place.FIELD_START;
  private final char[] chunk = new char[1 << 13];
  private boolean first = true;
  private boolean quoteHeld;
  private long swallowedLines;
  private boolean afterCarriageReturn;
  private long recordIndex;
  private long recordCharacters;
  private boolean badQuoting;
  private long line = 1;
  private long quoteLine;

  CsvRecordGuard(Reader in, char separator, int maxRecord) {
    this.in = in;
    this.separator = separator;
    this.maxRecord = maxRecord;
  }

  /** What was noted of this record, or null; ask in order. */
  Marked marked(long index) {
    while (!marked.isEmpty() && marked.peek().recordIndex() < index) {
      marked.remove();
    }
    Marked next = marked.peek();
    return next != null && next.recordIndex() == index ? next : null;
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    while (true) {
      // A quote that was held back may come on top of what is read.
      int read = in.read(chunk, 0, Math.min(chunk.length, length - 1));
      if (read < 0) {
        if (quoteHeld) {
          quoteHeld = false;
          target[offset] = '"';
          return 1;
        }
        end();
        return -1;
      }
      int kept = offset;
      for (int i = 0; i < read; i++) {
        char c = chunk[i];
        if (first) {
          first = false;
          if (c == '\uFEFF') {
            continue;
          }
        }
        boolean passes = pass(c);
        if (quoteHeld && place != Place.QUOTE_IN_QUOTED) {
          quoteHeld = false;
          if (place != Place.QUOTED) {
            target[kept++] = '"';
          }
        }
        if (passes) {
          target[kept++] = c;
        }
      }
      if (kept > offset) {
        return kept - offset;
      }
    }
  }

  /** Follows the record structure; false when the character is to be swallowed. */
  private boolean pass(char c) {
    boolean lineFeedOfPair = c == '\n' && afterCarriageReturn;
    afterCarriageReturn = c == '\r';
    if (c == '\r' || (c == '\n' && !lineFeedOfPair)) {
      line++;
    }
    if (place == Place.QUOTED) {
      if (c == '"') {
        place = Place.QUOTE_IN_QUOTED;
        recordCharacters++;
        quoteHeld = recordCharacters > maxRecord; // until it is known to close or to be doubled
        return !quoteHeld;
      }
      boolean passes = content();
      if (!passes && (c == '\r' || (c == '\n' && !lineFeedOfPair))) {
        swallowedLines++;
      }
      return passes;
    }
    if (place == Place.QUOTE_IN_QUOTED && c == '"') {
      place = Place.QUOTED;
      recordCharacters++;
      return !quoteHeld;
    }
    if (c == separator) {
      place = Place.FIELD_START;
      recordCharacters++;
      return true;
    }
    if (c == '\r' || c == '\n') {
      if (!lineFeedOfPair) {
        endRecord();
      }
      return true;
    }
    if (place == Place.FIELD_START && c == '"') {
      place = Place.QUOTED;
      quoteLine = line;
      recordCharacters++;
      return true;
    }
    if (place == Place.QUOTE_IN_QUOTED) {
      // The parser would give up here; the record is lost anyway, the ones behind it are not.
      badQuoting = true;
      recordCharacters++;
      return false;
    }
    place = Place.PLAIN;
    return content();
  }

  private boolean content() {
    recordCharacters++;
    return recordCharacters <= maxRecord;
  }

  private void endRecord() {
    if (recordCharacters > maxRecord) {
      String detail =
          "the record has " + recordCharacters + " characters, the limit is " + maxRecord;
      mark(FaultReason.ROW_TOO_LARGE, detail);
    } else if (badQuoting) {
      String detail = "a field goes on behind its closing quote; double a quote inside a field";
      mark(FaultReason.INVALID_CSV_QUOTING, detail);
    }
    recordIndex++;
    recordCharacters = 0;
    badQuoting = false;
    place = Place.FIELD_START;
  }

  private void mark(FaultReason reason, String detail) {
    marked.add(new Marked(recordIndex, new RowFault(reason, detail), swallowedLines));
    swallowedLines = 0;
  }

  private void end() {
    if (place == Place.QUOTED) {
      throw new DatasetException(
          "unclosed_quote",
          "the quote that opens in line "
              + quoteLine
              + " is never closed, so no record behind it can be told; close it, or double it if"
              + " it is part of the text");
    }
    if (recordCharacters > 0) {
      endRecord();
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
