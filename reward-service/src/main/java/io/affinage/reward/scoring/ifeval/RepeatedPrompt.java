package io.affinage.reward.scoring.ifeval;

/** The response begins with the prompt, in whatever case. */
record RepeatedPrompt(String prompt) implements Check {

  static Check of(InstructionArguments arguments) {
    return new RepeatedPrompt(Text.lower(arguments.longText("prompt_to_repeat")));
  }

  @Override
  public boolean isFollowed(String response) {
    return Text.lower(Text.strip(response)).startsWith(prompt);
  }
}
