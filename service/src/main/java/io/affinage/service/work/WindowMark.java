package io.affinage.service.work;

import java.util.Base64;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is kept beside a partition's committed offset.
 *
 * @param begun the records that were under way, by their distance from the offset, and how often a
 *     process began them so far
 * @param done the records from the offset on that are answered already, by their distance
 */
record WindowMark(Map<Integer, Integer> begun, BitSet done) {
  private static final Pattern FORM =
      Pattern.compile("affinage1;((?:\\d{1,9}x\\d{1,6},)*+);([A-Za-z0-9_-]*+)");

  static WindowMark none() {
    return new WindowMark(Map.of(), new BitSet());
  }

  String text() {
    StringBuilder text = new StringBuilder("affinage1;");
    new TreeMap<>(begun)
        .forEach((distance, times) -> text.append(distance).append('x').append(times).append(','));
    byte[] bits = done.toByteArray();
    return text.append(';')
        .append(Base64.getUrlEncoder().withoutPadding().encodeToString(bits))
        .toString();
  }

  /** What another version or tool wrote says nothing. */
  static WindowMark parse(String metadata) {
    Matcher matcher = FORM.matcher(metadata == null ? "" : metadata);
    if (!matcher.matches()) {
      return none();
    }
    try {
      BitSet done = BitSet.valueOf(Base64.getUrlDecoder().decode(matcher.group(2)));
      Map<Integer, Integer> begun = new TreeMap<>();
      for (String entry : matcher.group(1).split(",")) {
        int times = entry.indexOf('x');
        if (times > 0) {
          begun.put(
              Integer.valueOf(entry.substring(0, times)),
              Integer.valueOf(entry.substring(times + 1)));
        }
      }
      return new WindowMark(begun, done);
    } catch (IllegalArgumentException e) {
      return none();
    }
  }
}
