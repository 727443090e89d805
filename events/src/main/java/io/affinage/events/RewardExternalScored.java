package io.affinage.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scores that a program of the user's gave. Type {@code io.affinage.reward.external-scored.v1}.
 *
 * @param externalId of the {@link RewardExternalRequested}
 * @param scores in any order; an item without one is taken for not scored
 * @param error why nothing was scored; null when something was
 */
public record RewardExternalScored(
    String externalId, List<Score> scores, @Nullable ErrorDetail error) implements EventData {

  /**
   * The score of one item.
   *
   * @param value a finite number; null when the program cannot score it
   * @param detail why, for people; may be null
   */
  public record Score(String itemId, @Nullable Double value, @Nullable String detail) {}

  @Override
  public String key() {
    return externalId;
  }
}
