package io.affinage.reward.scoring.ifeval;

/** No comma anywhere. */
record NoComma() implements Check {

  static Check of(InstructionArguments arguments) {
    return new NoComma();
  }

  @Override
  public boolean isFollowed(String response) {
    return response.indexOf(',') < 0;
  }
}
