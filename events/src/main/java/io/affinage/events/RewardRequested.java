package io.affinage.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Score completions. Type {@code io.affinage.reward.requested.v1}.
 *
 * @param requestId names the batch; the same content has the same id
 * @param reward how to score
 */
public record RewardRequested(
    String requestId, RewardSpec reward, List<Item> items, @Nullable RoutingSlip slip)
    implements EventData {

  /**
   * One completion to be scored.
   *
   * @param itemId unique within the request
   * @param reference the right answer, where the reward needs one; else null
   * @param instructions what the completion was asked to follow, for {@code ifeval}; else null
   * @param group items of one group are normalised together, for example the answers to one prompt;
   *     those without one are a group, too
   */
  public record Item(
      String itemId,
      String prompt,
      String completion,
      @Nullable String reference,
      @Nullable List<RewardInstruction> instructions,
      @Nullable String group) {

    /** A completion whose instructions, if any, are the request's, of no group. */
    public Item(String itemId, String prompt, String completion, @Nullable String reference) {
      this(itemId, prompt, completion, reference, null, null);
    }
  }

  @Override
  public String key() {
    return requestId;
  }
}
