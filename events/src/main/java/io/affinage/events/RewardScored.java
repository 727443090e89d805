package io.affinage.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The scores of one request, in its order. Type {@code io.affinage.reward.scored.v1}. */
public record RewardScored(String requestId, List<Score> scores, @Nullable ErrorDetail error)
    implements EventData {

  /**
   * @param value the reward; null when this item could not be scored
   * @param detail why, for people: what was compared; may be null
   */
  public record Score(String itemId, @Nullable Double value, @Nullable String detail) {}

  @Override
  public String key() {
    return requestId;
  }
}
