package io.affinage.reward.scoring.ifeval;

import java.util.List;
import java.util.Set;

/**
 * Where sentences end: after a token that closes with a full stop, unless it is an abbreviation, an
 * initial or an ellipsis within a sentence; after a question or exclamation mark. Line ends do not
 * count. The reference asks a trained model (Punkt), whose list of abbreviations is longer.
 */
final class Sentences {
  private static final Set<String> ABBREVIATIONS =
      Set.of(
          "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "col", "capt", "lt", "sgt",
          "rev", "sen", "gov", "inc", "ltd", "co", "corp", "vs", "etc", "e.g", "i.e", "u.s", "u.k",
          "u.n", "a.m", "p.m", "ph.d", "fig", "vol", "dept", "approx", "est", "ave", "blvd", "jan",
          "feb", "mar", "apr", "aug", "sept", "oct", "nov", "dec", "al", "cf");
  private static final String CLOSING = "\"')]}\u201d\u2019*_";

  private Sentences() {}

  static long count(String text) {
    List<String> tokens = Text.tokens(text);
    long ends = 0;
    for (int i = 0; i < tokens.size(); i++) {
      // What comes last ends with the text.
      if (i == tokens.size() - 1 || isEnd(tokens.get(i), tokens.get(i + 1))) {
        ends++;
      }
    }
    return ends;
  }

  private static boolean isEnd(String token, String next) {
    String bare = withoutClosing(token);
    if (bare.isEmpty()) {
      return false;
    }
    char last = bare.charAt(bare.length() - 1);
    if (last == '?' || last == '!') {
      return true;
    }
    if (last != '.') {
      return false;
    }
    boolean capital = beginsWithCapital(next);
    if (bare.endsWith("..")) {
      return capital;
    }
    String word = Text.lower(bare.substring(0, bare.length() - 1));
    int start = 0;
    while (start < word.length() && !Text.isOfWord(word.codePointAt(start))) {
      start++;
    }
    word = word.substring(start);
    boolean initial = word.length() == 1 && Character.isLetter(word.charAt(0));
    boolean number = word.chars().allMatch(Character::isDigit);
    return !(initial || ABBREVIATIONS.contains(word) || number && !capital);
  }

  private static boolean beginsWithCapital(String token) {
    return token.codePoints().filter(Text::isOfWord).limit(1).anyMatch(Character::isUpperCase);
  }

  private static String withoutClosing(String token) {
    int end = token.length();
    while (end > 0 && CLOSING.indexOf(token.charAt(end - 1)) >= 0) {
      end--;
    }
    return token.substring(0, end);
  }
}
