package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Text as Python's {@code str} and {@code re} see it, which the definitions are written in. */
final class Text {
  /** A character class: {@code \s} of Python, which knows Unicode's spaces. */
  static final String SPACE = "[\\t-\\r\\x1c-\\x1f\\x{85}\\p{Z}]";

  private Text() {}

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static boolean isSpace(int character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == 0x85;
  }

  /** A letter, a digit, another number, or an underscore: {@code \\w}. */
  static boolean isOfWord(int character) {
    int type = Character.getType(character);
    return Character.isLetterOrDigit(character)
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER
        || character == '_';
  }

  static String strip(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    int start = 0;
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start, end);
  }

  /** Without the characters at both ends. */
  static String strip(String text, char gone) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == gone) {
      end--;
    }
    int start = 0;
    while (start < end && text.charAt(start) == gone) {
      start++;
    }
    return text.substring(start, end);
  }

  static boolean isBlank(String text) {
    return text.codePoints().allMatch(Text::isSpace);
  }

  /** Runs of other characters than white space. */
  static List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= text.length(); i++) {
      boolean space = i == text.length() || isSpace(text.charAt(i));
      if (space && start >= 0) {
        tokens.add(text.substring(start, i));
        start = -1;
      } else if (!space && start < 0) {
        start = i;
      }
    }
    return tokens;
  }

  /** How often a text occurs, without overlaps. */
  static long count(String part, String text) {
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  /** How often a pattern is found, without overlaps. */
  static long count(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    long count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  /** What lies between the places where a pattern is found. */
  static List<String> split(Pattern pattern, String text) {
    List<String> parts = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    int start = 0;
    while (matcher.find()) {
      parts.add(text.substring(start, matcher.start()));
      start = matcher.end();
    }
    parts.add(text.substring(start));
    return parts;
  }
}
