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
    @Setting(
            value =
                "what is measured, the first decides; without it `exact_match`, of a reward model `reward_accuracy`",
            words = {
              "exact_match",
              "reward",
              "multiple_choice",
              "perplexity",
              "preference_accuracy",
              "implicit_reward_accuracy",
              "reward_accuracy"
            })
        @Nullable List<String> metrics,
    @Setting(
            value = "the rows that are measured",
            otherwise = "\"test\"",
            words = {"train", "validation", "test"})
        @Nullable String split,
    @Setting(
            value = "items at most, taken by the hash of their content; all unless given",
            from = 1)
        @Nullable Integer maxItems,
    @Setting(
            value = "examples before the prompt of the prompted base",
            otherwise = "4",
            from = 0,
            to = 64)
        @Nullable Integer fewShot,
    @Setting(value = "longest answer, tokens", otherwise = "64", from = 1)
        @Nullable Integer maxNewTokens,
    @Setting("how answers are scored for `reward`, or else for `exact_match`")
        @Nullable RewardSpec reward,
    @Setting("the answers of `multiple_choice`; the distinct completions of the rows unless given")
        @Nullable List<String> choices,
    @Setting("when the model passes; better than the base unless given") @Nullable Gate gate,
    @Setting(value = "of resampling", otherwise = "0") @Nullable Long seed) {

  /**
   * @param minGain smallest difference of the deciding metric to the plain base (for perplexity:
   *     its relative fall; for implicit_reward_accuracy: what lies above one half)
   * @param maxPValue largest p-value of the paired test of that difference
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Gate(
      @Setting("least gain of the deciding metric over the model before; any above 0 unless given")
          @Nullable Double minGain,
      @Setting(value = "largest p-value of that gain, above 0; any unless given", from = 0, to = 1)
          @Nullable Double maxPValue) {}
}
