package io.affinage.reward.scoring.ifeval;

/** How many words there are: runs of letters, digits and underscores. */
record WordCount(Amount amount) implements Check {

  static Check of(InstructionArguments arguments) {
    return new WordCount(arguments.amount("num_words", "relation"));
  }

  @Override
  public boolean isFollowed(String response) {
    long words = 0;
    boolean within = false;
    for (int i = 0; i < response.length(); i += Character.charCount(response.codePointAt(i))) {
      boolean ofWord = Text.isOfWord(response.codePointAt(i));
      words += ofWord && !within ? 1 : 0;
      within = ofWord;
    }
    return amount.accepts(words);
  }
}
