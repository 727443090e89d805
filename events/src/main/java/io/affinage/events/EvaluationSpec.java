package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to measure on a dataset split and when the model passes. Null means the default.
 *
 * @param metrics of {@code exact_match}, {@code reward}, {@code multiple_choice}, {@code
 *     perplexity}, {@code preference_accuracy}, {@code implicit_reward_accuracy}, or of a reward
 *     model {@code reward_accuracy}; the first decides
 * @param split the dataset's split; default {@code test}
 * @param maxItems an upper bound on items, taken by hash order; null for all (what is left out is
 *     counted)
 * @param fewShot examples put before the prompt of the prompted base; default 4
 * @param maxNewTokens longest answer
 * @param reward how answers are scored for {@code reward}, or else for {@code exact_match}; null
 *     for {@link RewardSpec.ExactMatch}
 * @param choices the answers of {@code multiple_choice}; null takes the distinct completions of the
 *     dataset
 * @param gate when the model is promoted; null for better than the base
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EvaluationSpec(
    @Nullable List<String> metrics,
    @Nullable String split,
    @Nullable Integer maxItems,
    @Nullable Integer fewShot,
    @Nullable Integer maxNewTokens,
    @Nullable RewardSpec reward,
    @Nullable List<String> choices,
    @Nullable Gate gate,
    @Nullable Long seed) {
  /** What eval-service can measure. */
  public static final List<String> METRICS =
      List.of(
          "exact_match",
          "reward",
          "multiple_choice",
          "perplexity",
          "preference_accuracy",
          "implicit_reward_accuracy",
          "reward_accuracy");

  /**
   * @param minGain smallest difference of the deciding metric to the plain base (for perplexity:
   *     its relative fall; for implicit_reward_accuracy: what lies above one half)
   * @param maxPValue largest p-value of the paired test of that difference
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Gate(@Nullable Double minGain, @Nullable Double maxPValue) {}
}
