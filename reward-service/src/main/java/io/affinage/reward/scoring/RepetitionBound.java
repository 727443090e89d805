package io.affinage.reward.scoring;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Estimates how large a pattern grows when its counted repetitions are written out, before it is
 * compiled: {@code ((a{1000}){1000}){1000}} is short, and exhausts the memory of a compiler that
 * tries.
 */
final class RepetitionBound {
  /** Most atoms after expansion. */
  static final long MAX_SIZE = 20_000;

  private static final Pattern COUNTED = Pattern.compile("\\{(\\d{1,9})(,(\\d{1,9})?)?\\}");

  private final String pattern;
  private final Deque<Long> outer = new ArrayDeque<>();
  private long group;
  private long atom;

  private RepetitionBound(String pattern) {
    this.pattern = pattern;
  }

  /**
   * The atoms of the pattern when its repetitions are written out.
   *
   * @throws InvalidRewardException {@code invalid_pattern} when the pattern would grow over {@link
   *     #MAX_SIZE}
   */
  static long check(String pattern, String param) {
    long size = new RepetitionBound(pattern).size();
    if (size > MAX_SIZE) {
      throw new InvalidRewardException(
          "invalid_pattern",
          "the pattern's repetitions expand to more than %d parts; repeat less".formatted(MAX_SIZE),
          param);
    }
    return size;
  }

  private long size() {
    Matcher counted = COUNTED.matcher(pattern);
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      if (c == '\\') {
        at = afterEscape(at);
        next(1);
      } else if (c == '[') {
        at = afterClass(at);
        next(1);
      } else if (c == '(') {
        next(0);
        outer.push(group);
        group = 0;
        at++;
      } else if (c == ')' && !outer.isEmpty()) {
        next(0);
        atom = group + 1;
        group = outer.pop();
        at++;
      } else if (c == '{' && counted.find(at) && counted.start() == at) {
        long low = Long.parseLong(counted.group(1));
        long high = counted.group(3) == null ? low + 1 : Long.parseLong(counted.group(3));
        atom = Math.min(MAX_SIZE + 1, atom * Math.max(1, Math.max(low, high)));
        at = counted.end();
      } else {
        next(1);
        at++;
      }
    }
    next(0);
    while (!outer.isEmpty()) {
      group = Math.min(MAX_SIZE + 1, group + outer.pop());
    }
    return group;
  }

  private void next(long size) {
    group = Math.min(MAX_SIZE + 1, group + atom);
    atom = size;
  }

  private int afterEscape(int at) {
    if (pattern.startsWith("\\Q", at)) {
      int end = pattern.indexOf("\\E", at);
      return end < 0 ? pattern.length() : end + 2;
    }
    return at + 2;
  }

  private int afterClass(int at) {
    int i = at + 1;
    if (i < pattern.length() && pattern.charAt(i) == '^') {
      i++;
    }
    if (i < pattern.length() && pattern.charAt(i) == ']') {
      i++;
    }
    while (i < pattern.length() && pattern.charAt(i) != ']') {
      if (pattern.startsWith("[:", i) && pattern.indexOf(":]", i) > 0) {
        i = pattern.indexOf(":]", i) + 2;
      } else {
        i += pattern.charAt(i) == '\\' ? 2 : 1;
      }
    }
    return i + 1;
  }
}
