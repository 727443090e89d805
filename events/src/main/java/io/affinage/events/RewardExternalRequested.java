package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completions for a program of the user's to score. Type {@code
 * io.affinage.reward.external-requested.v1}. It may come more than once; the first scores that are
 * recorded count.
 *
 * @param externalId names the question; the answer repeats it, as data and as record key
 * @param requestId the request for rewards that it is part of
 * @param settings what the reward's specification has for the program; null for nothing
 */
public record RewardExternalRequested(
    String externalId, String requestId, List<Item> items, @Nullable JsonNode settings)
    implements EventData {

  /**
   * One completion to be scored.
   *
   * @param itemId unique within the question
   * @param reference the right answer, where there is one; else null
   * @param group names the items that belong together, for example the answers to one prompt; null
   *     for none
   * @param messages the conversation that the completion answers, whose last turn is the prompt;
   *     null where the prompt is all of it
   * @param tools the functions that the assistant of the conversation may call; null for none
   */
  public record Item(
      String itemId,
      String prompt,
      String completion,
      @Nullable String reference,
      @Nullable String group,
      @Nullable List<NormalRow.ChatMessage> messages,
      @Nullable List<JsonNode> tools) {}

  @Override
  public String key() {
    return externalId;
  }
}
