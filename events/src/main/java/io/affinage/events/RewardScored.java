package io.affinage.events;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scores of one request, in its order. Type {@code io.affinage.reward.scored.v1}.
 *
 * @param scores empty beside an error, and where {@code scoresArtifact} has them
 * @param error why nothing was scored; null beside scores
 * @param scoresArtifact a file in the artifact store, a JSON array of scores, where a record does
 *     not hold them; null for none
 */
public record RewardScored(
    String requestId,
    List<Score> scores,
    @Nullable ErrorDetail error,
    @Nullable ArtifactRef scoresArtifact)
    implements EventData {

  /** An answer that has its scores in itself. */
  public RewardScored(String requestId, List<Score> scores, @Nullable ErrorDetail error) {
    this(requestId, scores, error, null);
  }

  /**
   * @param value the reward; null when this item could not be scored
   * @param detail why, for people: what was compared; may be null
   * @param code why there is no value, for programs: {@code missing_completion}, {@code
   *     missing_reference}, {@code no_number_in_reference}, {@code number_out_of_range}, {@code
   *     invalid_pattern}, {@code too_deep}, {@code missing_instructions}, {@code
   *     invalid_instruction}, {@code unsupported_instruction}, {@code not_finite}, {@code
   *     external_timeout}, {@code external_missing}, {@code external_failed}, {@code
   *     missing_prompt}, {@code text_too_long}, {@code budget_exhausted} or {@code
   *     request_budget_exhausted}; null beside a value, and from services that do not say it
   * @param shares of the rewards of an ensemble, in their order; null for other rewards
   */
  public record Score(
      String itemId,
      @Nullable Double value,
      @Nullable String detail,
      @Nullable String code,
      @Nullable List<Share> shares) {

    /** The score of one reward. */
    public Score(
        String itemId, @Nullable Double value, @Nullable String detail, @Nullable String code) {
      this(itemId, value, detail, code, null);
    }
  }

  /**
   * What one reward of an ensemble gave an item.
   *
   * @param value as it scored, or its fallback; null when it could not
   * @param share what it adds to the sum: normalised, clipped and weighted; null as value is
   * @param code why it could not score, also beside a fallback
   */
  public record Share(
      String name, @Nullable Double value, @Nullable Double share, @Nullable String code) {}

  @Override
  public String key() {
    return requestId;
  }
}
