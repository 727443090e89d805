package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;

/** One way to score a completion. A learned reward model joins as one more case. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "reward")
@JsonSubTypes({
  @JsonSubTypes.Type(value = RewardSpec.ExactMatch.class, name = "exact_match"),
  @JsonSubTypes.Type(value = RewardSpec.Regex.class, name = "regex"),
  @JsonSubTypes.Type(value = RewardSpec.NumericAnswer.class, name = "numeric_answer"),
  @JsonSubTypes.Type(value = RewardSpec.JsonSchema.class, name = "json_schema"),
  @JsonSubTypes.Type(value = RewardSpec.Length.class, name = "length")
})
public sealed interface RewardSpec {

  /**
   * 1 when the completion equals the reference after trimming, and optional case and punctuation
   * folding; else 0.
   */
  record ExactMatch(
      @JsonProperty(defaultValue = "false") boolean ignoreCase,
      @JsonProperty(defaultValue = "false") boolean ignorePunctuation)
      implements RewardSpec {}

  /**
   * 1 when the pattern is found in the completion; {@code {reference}} in it stands for the quoted
   * reference.
   */
  record Regex(String pattern) implements RewardSpec {}

  /** 1 when the last number in the completion equals the reference's within the tolerance. */
  record NumericAnswer(@JsonProperty(defaultValue = "0") double tolerance) implements RewardSpec {}

  /** 1 when the completion is JSON that satisfies the schema (2020-12). */
  record JsonSchema(JsonNode schema) implements RewardSpec {}

  /**
   * 1 inside [minCharacters, maxCharacters], falling linearly to 0 at half the minimum and twice
   * the maximum.
   */
  record Length(int minCharacters, int maxCharacters) implements RewardSpec {}
}
