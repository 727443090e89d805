package io.affinage.reward.scoring.ifeval;

/** How often a keyword occurs, in whatever case, also within longer words. */
record KeywordFrequency(String keyword, Amount amount) implements Check {

  static Check of(InstructionArguments arguments) {
    return new KeywordFrequency(
        Text.lower(arguments.text("keyword")), arguments.amount("frequency", "relation"));
  }

  @Override
  public boolean isFollowed(String response) {
    return amount.accepts(Text.count(keyword, Text.lower(response)));
  }
}
