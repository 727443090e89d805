package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Score completions. Type {@code io.affinage.reward.requested.v1}.
 *
 * @param requestId names the batch; the same content has the same id
 * @param reward how to score
 * @param items what to score; empty where {@code itemsArtifact} has it
 * @param itemsArtifact a file in the artifact store, a JSON array of items, for batches that a
 *     record does not hold; null for none
 */
public record RewardRequested(
    String requestId,
    RewardSpec reward,
    List<Item> items,
    @Nullable RoutingSlip slip,
    @Nullable ArtifactRef itemsArtifact)
    implements EventData {

  /** A request that has its items in itself. */
  public RewardRequested(
      String requestId, RewardSpec reward, List<Item> items, @Nullable RoutingSlip slip) {
    this(requestId, reward, items, slip, null);
  }

  /** The same with its items in itself. */
  public RewardRequested with(List<Item> items) {
    return new RewardRequested(requestId, reward, items, slip, null);
  }

  /**
   * One completion to be scored.
   *
   * @param itemId unique within the request
   * @param prompt what was asked; of a conversation its last turn, which is all that rewards see
   *     that look at one turn
   * @param reference the right answer, where the reward needs one; else null
   * @param instructions what the completion was asked to follow, for {@code ifeval}; else null
   * @param group items of one group are normalised together, for example the answers to one prompt;
   *     those without one are a group, too
   * @param messages the conversation that the completion answers, whose last turn is the prompt;
   *     null where the prompt is all of it
   * @param tools the functions that the assistant of the conversation may call, as in {@link
   *     NormalRow}; null for none
   */
  public record Item(
      String itemId,
      String prompt,
      String completion,
      @Nullable String reference,
      @Nullable List<RewardInstruction> instructions,
      @Nullable String group,
      @Nullable List<NormalRow.ChatMessage> messages,
      @Nullable List<JsonNode> tools) {

    /** The same for a reward that looks at the prompt alone. */
    public Item withoutConversation() {
      return new Item(itemId, prompt, completion, reference, instructions, group, null, null);
    }

    /** A completion whose instructions, if any, are the request's, of no group. */
    public Item(String itemId, String prompt, String completion, @Nullable String reference) {
      this(itemId, prompt, completion, reference, null, null, null, null);
    }
  }

  @Override
  public String key() {
    return requestId;
  }
}
