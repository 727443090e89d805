package io.affinage.reward.scoring;

import java.util.ArrayList;
import java.util.List;

/**
 * Literal text with places for any text: {@code <think>…</think><answer>…</answer>}.
 *
 * <p>Every literal stands in the text as often as in the template, so that no second answer can be
 * put beside the first, and in its order. Where the template has white space, or nothing, between
 * two literals the text may have white space; around the whole it does not count.
 */
final class FormatTemplate {
  private static final int MAX_CHARACTERS = 2_000;
  private static final int MAX_LITERALS = 50;

  private final List<String> literals;
  private final List<Boolean> anyBefore;
  private final boolean anyAtEnd;
  private final boolean allowEmpty;

  /**
   * @param literals how many were found, from the first on, as often and in the order they should
   * @param missed what is wrong, for people; null when the whole text has the form
   */
  record Found(int literals, String missed) {}

  private FormatTemplate(
      List<String> literals, List<Boolean> anyBefore, boolean anyAtEnd, boolean allowEmpty) {
    this.literals = literals;
    this.anyBefore = anyBefore;
    this.anyAtEnd = anyAtEnd;
    this.allowEmpty = allowEmpty;
  }

  /**
   * @throws InvalidRewardException {@code invalid_format}
   */
  static FormatTemplate parse(String template, boolean allowEmpty) {
    if (template.length() > MAX_CHARACTERS) {
      throw invalid("takes a template of at most %d characters".formatted(MAX_CHARACTERS));
    }
    List<String> literals = new ArrayList<>();
    List<Boolean> anyBefore = new ArrayList<>();
    boolean any = false;
    String[] between = template.strip().replace("...", "\u2026").split("\u2026", -1);
    for (int i = 0; i < between.length; i++) {
      any |= i > 0;
      for (String literal : tags(between[i])) {
        literals.add(literal);
        anyBefore.add(any);
        any = false;
      }
    }
    if (literals.isEmpty() || literals.size() > MAX_LITERALS) {
      throw invalid("needs a template with 1 to %d literal texts".formatted(MAX_LITERALS));
    }
    for (String one : literals) {
      for (String other : literals) {
        if (!one.equals(other) && other.contains(one)) {
          throw invalid("cannot tell '%s' from '%s' in a text".formatted(one, other));
        }
      }
    }
    return new FormatTemplate(literals, anyBefore, any, allowEmpty);
  }

  /** Adjacent tags are literals of their own, so that white space may stand between them. */
  private static List<String> tags(String text) {
    List<String> literals = new ArrayList<>();
    for (String word : text.strip().split("(?<=>)\\s*(?=<)|\\s*\\n\\s*")) {
      if (!word.isBlank()) {
        literals.add(word.strip());
      }
    }
    return literals;
  }

  private static InvalidRewardException invalid(String why) {
    return FormatMatch.invalid(why, "reward.template");
  }

  int literals() {
    return literals.size();
  }

  Found find(String text) {
    String missed = null;
    int found = 0;
    int at = 0;
    for (int i = 0; i < literals.size(); i++) {
      String literal = literals.get(i);
      long wanted = literals.stream().filter(literal::equals).count();
      int next = text.indexOf(literal, at);
      if (next < 0 || count(literal, text) != wanted) {
        String why = next < 0 ? "is missing, or not in its place" : "stands there too often";
        return new Found(found, missed != null ? missed : "'%s' %s".formatted(literal, why));
      }
      missed = missed != null ? missed : wrong(anyBefore.get(i), text.substring(at, next), literal);
      at = next + literal.length();
      found++;
    }
    missed = missed != null ? missed : wrong(anyAtEnd, text.substring(at), "the end");
    return new Found(found, missed);
  }

  private String wrong(boolean any, String between, String before) {
    if (!any) {
      return between.isBlank() ? null : "there is text before '%s'".formatted(before);
    }
    return allowEmpty || !between.isBlank()
        ? null
        : "there is nothing before '%s'".formatted(before);
  }

  private static long count(String literal, String text) {
    long count = 0;
    for (int at = text.indexOf(literal);
        at >= 0;
        at = text.indexOf(literal, at + literal.length())) {
      count++;
    }
    return count;
  }
}
