package io.affinage.reward.scoring.ifeval;

import java.util.List;

/** Every keyword occurs, in whatever case, also within a longer word. */
record Keywords(List<String> keywords) implements Check {

  static Check of(InstructionArguments arguments) {
    return new Keywords(arguments.texts("keywords"));
  }

  @Override
  public boolean isFollowed(String response) {
    String lower = Text.lower(response);
    return keywords.stream().allMatch(keyword -> lower.contains(Text.lower(keyword)));
  }

  @Override
  public int passes() {
    return keywords.size();
  }
}
