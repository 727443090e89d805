package io.affinage.dataset.reading;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * How a CSV file separates its fields.
 *
 * @param saidInFirstLine whether the first line only says so, as Excel writes it: {@code sep=;}
 */
record CsvDialect(char separator, boolean saidInFirstLine) {
  private static final char[] SEPARATORS = {',', ';', '\t', '|'};

  /**
   * @param head the first bytes of the file, in UTF-8
   * @param filename unpacked and in lower case
   * @param named the separator that was asked for; null to detect it
   */
  static CsvDialect of(byte[] head, String filename, Character named) {
    String text = new String(head, StandardCharsets.UTF_8);
    String start = text.startsWith("\uFEFF") ? text.substring(1) : text;
    String line = start.lines().findFirst().orElse("");
    String bare = line.replace("\"", "");
    if (bare.length() == 5 && bare.toLowerCase(Locale.ROOT).startsWith("sep=")) {
      return new CsvDialect(named == null ? bare.charAt(4) : named, true);
    }
    if (named != null) {
      return new CsvDialect(named, false);
    }
    boolean tabs = filename.endsWith(".tsv") || filename.endsWith(".tab");
    return new CsvDialect(tabs ? '\t' : mostOften(line), false);
  }

  /** The separator that the header has most often outside quotes. */
  private static char mostOften(String header) {
    int[] counts = new int[SEPARATORS.length];
    boolean quoted = false;
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      quoted ^= c == '"';
      for (int k = 0; k < SEPARATORS.length; k++) {
        counts[k] += !quoted && c == SEPARATORS[k] ? 1 : 0;
      }
    }
    int best = 0;
    for (int k = 1; k < SEPARATORS.length; k++) {
      best = counts[k] > counts[best] ? k : best;
    }
    return SEPARATORS[best];
  }
}
