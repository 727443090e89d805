package io.affinage.reward.scoring.ifeval;

/**
 * The response ends with the phrase, in whatever case; quotation marks around the whole do not
 * count.
 */
record Ending(String phrase) implements Check {

  static Check of(InstructionArguments arguments) {
    return new Ending(Text.lower(arguments.text("end_phrase")));
  }

  @Override
  public boolean isFollowed(String response) {
    return Text.lower(Text.strip(Text.strip(response), '"')).endsWith(phrase);
  }
}
