package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonTypeResolver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One way to score a completion. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonTypeResolver(OlderRewardName.class)
@JsonSubTypes({
  @JsonSubTypes.Type(value = RewardSpec.ExactMatch.class, name = "exact_match"),
  @JsonSubTypes.Type(value = RewardSpec.Regex.class, name = "regex"),
  @JsonSubTypes.Type(value = RewardSpec.NumericAnswer.class, name = "numeric_answer"),
  @JsonSubTypes.Type(value = RewardSpec.JsonSchema.class, name = "json_schema"),
  @JsonSubTypes.Type(value = RewardSpec.Length.class, name = "length"),
  @JsonSubTypes.Type(value = RewardSpec.IfEval.class, name = "ifeval"),
  @JsonSubTypes.Type(value = RewardSpec.Format.class, name = "format"),
  @JsonSubTypes.Type(value = RewardSpec.Ensemble.class, name = "ensemble"),
  @JsonSubTypes.Type(value = RewardSpec.External.class, name = "external"),
  @JsonSubTypes.Type(value = RewardSpec.Model.class, name = "model")
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

  /**
   * Whether the instructions of an item were followed, as IFEval checks them.
   *
   * @param instructions for items that bring none; null when each brings its own, or has them as
   *     JSON in its reference
   * @param score {@code all}: 1 when every instruction was followed, else 0; {@code mean}: the
   *     share of those that were; null for {@code all}
   * @param loose whether an instruction also counts as followed where it is without the first line,
   *     the last line, both, or asterisks
   */
  record IfEval(
      @Nullable List<RewardInstruction> instructions,
      @Nullable String score,
      @JsonProperty(defaultValue = "false") boolean loose)
      implements RewardSpec {}

  /**
   * 1 when the whole completion has the form, else 0. One of template and pattern is given.
   *
   * @param template literal text, in which {@code …} or {@code ...} stands for any text: {@code
   *     <think>…</think><answer>…</answer>}
   * @param pattern in RE2 syntax, for the whole completion; a dot stands for line ends, too
   * @param prefix what the prompt has begun already, put before every completion
   * @param partial whether a completion that misses the template gets a share for the literals that
   *     it has once and in their order
   * @param allowEmpty whether nothing, or white space alone, may stand where the template has any
   *     text
   */
  record Format(
      @Nullable String template,
      @Nullable String pattern,
      @Nullable String prefix,
      @JsonProperty(defaultValue = "false") boolean partial,
      @JsonProperty(defaultValue = "false") boolean allowEmpty)
      implements RewardSpec {}

  /**
   * The weighted sum of several rewards. Each one's score is replaced by its fallback where it has
   * none, normalised, clipped and weighted; the sum is clipped. An item that one of them cannot
   * score, and that has no fallback, has no value.
   *
   * @param rewards 1 to 16, none of them an ensemble
   * @param clip bounds of the sum; null for none
   */
  record Ensemble(List<Member> rewards, @Nullable Clip clip) implements RewardSpec {}

  /**
   * One reward of an ensemble.
   *
   * @param name under which its share is published, unique in the ensemble; null for the name of
   *     its type
   * @param weight may be negative; null for 1
   * @param normalize {@code none}; {@code standardize}: less the mean, by the sample standard
   *     deviation; {@code minmax}: to 0 to 1; equal scores become 0. Null for none
   * @param over what is normalised together: {@code group}, the items of the same {@code group}, or
   *     {@code request}, all of them; null for group
   * @param clip bounds after normalising; null for none
   * @param fallback the score of an item that this reward cannot score; null for none
   */
  record Member(
      @Nullable String name,
      RewardSpec reward,
      @Nullable Double weight,
      @Nullable String normalize,
      @Nullable String over,
      @Nullable Clip clip,
      @Nullable Double fallback) {}

  /**
   * Scores that a program of the user's gives, in whatever language: completions go to it as {@link
   * RewardExternalRequested}, its scores come back as {@link RewardExternalScored}.
   *
   * @param topic where the program reads: {@code reward.external.requested}, or that and a dot and
   *     a name; null for the former
   * @param timeoutMillis after which it is asked again, or given up, in milliseconds; null for
   *     60,000
   * @param retries how often it is asked again; null for 2
   * @param fallback the score of an item that gets none; null for none, and then the item fails
   * @param settings for the program, which is handed them; null for none
   */
  record External(
      @Nullable String topic,
      @Nullable Long timeoutMillis,
      @Nullable Integer retries,
      @Nullable Double fallback,
      @Nullable JsonNode settings)
      implements RewardSpec {}

  /**
   * What a registered reward model says of a completion: a number that only means something beside
   * others of the same model.
   *
   * @param model its id; {@code stage:NAME} for that of an earlier training of the same run, which
   *     is resolved before anything is scored
   */
  record Model(String model) implements RewardSpec {}

  /** Bounds; null for none on that side. */
  record Clip(@Nullable Double low, @Nullable Double high) {}
}
