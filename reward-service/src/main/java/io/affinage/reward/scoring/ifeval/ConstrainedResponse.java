package io.affinage.reward.scoring.ifeval;

import java.util.List;

/** One of three answers is in the response. */
record ConstrainedResponse() implements Check {

  private static final List<String> ANSWERS =
      List.of("My answer is yes.", "My answer is no.", "My answer is maybe.");

  static Check of(InstructionArguments arguments) {
    return new ConstrainedResponse();
  }

  @Override
  public boolean isFollowed(String response) {
    return ANSWERS.stream().anyMatch(response::contains);
  }
}
