package io.affinage.reward.scoring.ifeval;

import java.util.ArrayList;
import java.util.List;

/** Two different responses with six asterisks between them. */
record TwoResponses() implements Check {

  static Check of(InstructionArguments arguments) {
    return new TwoResponses();
  }

  @Override
  public boolean isFollowed(String response) {
    List<String> parts = List.of(response.split("\\*{6}", -1));
    List<String> responses = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      String part = Text.strip(parts.get(i));
      if (!part.isEmpty()) {
        responses.add(part);
      } else if (i > 0 && i < parts.size() - 1) {
        return false;
      }
    }
    return responses.size() == 2 && !responses.get(0).equals(responses.get(1));
  }
}
