package io.affinage.reward.scoring.ifeval;

import com.google.re2j.Pattern;

/** At least so many placeholders in square brackets. */
record Placeholders(int least) implements Check {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\[.*?\\]");

  static Check of(InstructionArguments arguments) {
    return new Placeholders(arguments.count("num_placeholders", 0));
  }

  @Override
  public boolean isFollowed(String response) {
    return Text.count(PLACEHOLDER, response) >= least;
  }
}
