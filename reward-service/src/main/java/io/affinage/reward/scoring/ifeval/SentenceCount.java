package io.affinage.reward.scoring.ifeval;

/** How many sentences there are, by {@link Sentences}. */
record SentenceCount(Amount amount) implements Check {

  static Check of(InstructionArguments arguments) {
    return new SentenceCount(arguments.amount("num_sentences", "relation"));
  }

  @Override
  public boolean isFollowed(String response) {
    return amount.accepts(Sentences.count(response));
  }
}
