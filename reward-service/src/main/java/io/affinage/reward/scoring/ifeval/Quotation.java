package io.affinage.reward.scoring.ifeval;

/** The whole response stands in double quotation marks. */
record Quotation() implements Check {

  static Check of(InstructionArguments arguments) {
    return new Quotation();
  }

  @Override
  public boolean isFollowed(String response) {
    String text = Text.strip(response);
    return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
  }
}
