package io.affinage.reward.scoring.ifeval;

/** How often a letter, or another character, occurs, in whatever case. */
record LetterFrequency(String letter, Amount amount) implements Check {

  static Check of(InstructionArguments arguments) {
    return new LetterFrequency(
        Text.lower(arguments.character("letter")),
        arguments.amount("let_frequency", "let_relation"));
  }

  @Override
  public boolean isFollowed(String response) {
    return amount.accepts(Text.count(letter, Text.lower(response)));
  }
}
