package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;

/**
 * How many words are in capital letters. Words are those of the Penn Treebank, as the reference
 * takes them: a hyphen holds a word together, and what a contraction ends with stands alone.
 */
record CapitalWords(Amount amount) implements Check {
  private static final Pattern APART =
      Pattern.compile("[\\]\\[(){}<>,;:@#$%&?!\"\u201c\u201d\u00ab\u00bb`]|--|\\.\\.\\.");
  private static final Pattern CONTRACTION = Pattern.compile("(?i)(n't|'s|'m|'d|'ll|'re|'ve)\\b");

  static Check of(InstructionArguments arguments) {
    return new CapitalWords(arguments.amount("capital_frequency", "capital_relation"));
  }

  @Override
  public boolean isFollowed(String response) {
    String apart = APART.matcher(response).replaceAll(" ");
    apart = CONTRACTION.matcher(apart).replaceAll(" $1");
    return amount.accepts(Text.tokens(apart).stream().filter(CapitalWords::isUpper).count());
  }

  /** Something has a case, and nothing is of a lower one. */
  private static boolean isUpper(String token) {
    return token.codePoints().anyMatch(Character::isUpperCase)
        && token.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  @Override
  public int passes() {
    return 3;
  }
}
