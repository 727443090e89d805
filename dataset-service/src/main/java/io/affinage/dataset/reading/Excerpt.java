package io.affinage.dataset.reading;

import java.nio.charset.StandardCharsets;

/** The start of a bad row for the quarantine: bounded, and always encodable text. */
final class Excerpt {
  private Excerpt() {}

  static String of(byte[] bytes, int start, int length, int limit) {
    // Four bytes make one character at most.
    int taken = (int) Math.min(length, 4L * limit + 4);
    return of(new String(bytes, start, taken, StandardCharsets.UTF_8), limit);
  }

  static String of(CharSequence text, int limit) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), limit) + 1);
    for (int i = 0; i < text.length() && out.length() < limit; i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        out.append(c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        out.append(c).append(text.charAt(++i));
      } else {
        out.append('\uFFFD');
      }
    }
    return out.toString();
  }
}
