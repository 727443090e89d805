package io.affinage.reward.batch;

import io.affinage.events.NormalRow;
import io.affinage.events.RewardRequested;
import io.affinage.reward.scoring.InvalidRewardException;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What the conversation of an item must be like. */
final class Conversations {
  private static final Set<String> ROLES = Set.of("system", "user", "assistant", "tool");

  private Conversations() {}

  /**
   * @param where the item's place in the request
   * @throws InvalidRewardException {@code invalid_item}
   */
  static void check(RewardRequested.Item item, String where) {
    List<NormalRow.ChatMessage> messages = item.messages();
    if (messages == null) {
      throw invalid(where + "tools", "needs messages beside it");
    }
    if (messages.isEmpty()) {
      throw invalid(where + "messages", "is empty; leave it out where the prompt is all");
    }
    for (int i = 0; i < messages.size(); i++) {
      NormalRow.ChatMessage turn = messages.get(i);
      String at = where + "messages[" + i + "]";
      if (turn == null || !ROLES.contains(turn.role())) {
        throw invalid(at + ".role", "must be system, user, assistant or tool");
      }
      if (turn.content() == null && turn.toolCalls() == null) {
        throw invalid(at + ".content", "is missing");
      }
    }
    NormalRow.ChatMessage last = messages.get(messages.size() - 1);
    if (last.role().equals("assistant")) {
      throw invalid(
          where + "messages", "ends with the assistant, whose next turn is the completion");
    }
    if (!Objects.equals(last.content(), item.prompt())) {
      throw invalid(where + "prompt", "must be the content of the last of the messages");
    }
  }

  private static InvalidRewardException invalid(String field, String why) {
    return new InvalidRewardException("invalid_item", field + " " + why, field);
  }
}
