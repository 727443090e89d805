package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonTypeResolver;
import io.affinage.events.spec.Interdependent;
import java.util.List;
import java.util.Map;
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
public sealed interface RewardSpec extends Interdependent {

  @Override
  default Map<String, String> conflicts() {
    return Map.of();
  }

  /** Whether it looks at the turns before the last one. */
  default boolean readsConversations() {
    return this instanceof Model
        || this instanceof External
        || this instanceof Ensemble several
            && several.rewards().stream().anyMatch(each -> each.reward().readsConversations());
  }

  /**
   * 1 when the completion equals the reference after trimming, and optional case and punctuation
   * folding; else 0.
   */
  record ExactMatch(
      @Setting(value = "whether capitals and small letters are the same", otherwise = "false")
          @JsonProperty(defaultValue = "false")
          boolean ignoreCase,
      @Setting(value = "whether punctuation is left out", otherwise = "false")
          @JsonProperty(defaultValue = "false")
          boolean ignorePunctuation)
      implements RewardSpec {}

  /**
   * 1 when the pattern is found in the completion; {@code {reference}} in it stands for the quoted
   * reference.
   */
  record Regex(@Setting("in RE2 syntax; `{reference}` stands for the right answer") String pattern)
      implements RewardSpec {}

  /** 1 when the last number in the completion equals the reference's within the tolerance. */
  record NumericAnswer(
      @Setting(value = "how far off a number may be", otherwise = "0", from = 0)
          @JsonProperty(defaultValue = "0")
          double tolerance)
      implements RewardSpec {}

  /** 1 when the completion is JSON that satisfies the schema (2020-12). */
  record JsonSchema(@Setting("JSON Schema, 2020-12") JsonNode schema) implements RewardSpec {}

  /**
   * 1 inside [minCharacters, maxCharacters], falling linearly to 0 at half the minimum and twice
   * the maximum.
   */
  record Length(
      @Setting(value = "least characters that are worth 1", from = 0) int minCharacters,
      @Setting(value = "most characters that are worth 1", from = 1) int maxCharacters)
      implements RewardSpec {
    @Override
    public Map<String, String> conflicts() {
      return minCharacters > maxCharacters
          ? Map.of("minCharacters", "is above the most")
          : Map.of();
    }
  }

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
      @Setting("what to follow; of each row's reference unless given")
          @Nullable List<RewardInstruction> instructions,
      @Setting(
              value = "1 for all of them alone, or the share of those that were followed",
              otherwise = "\"all\"",
              words = {"all", "mean"})
          @Nullable String score,
      @Setting(
              value = "whether it counts, too, without the first line, the last one, or asterisks",
              otherwise = "false")
          @JsonProperty(defaultValue = "false")
          boolean loose)
      implements RewardSpec {
    @Override
    public Map<String, String> conflicts() {
      return instructions != null && instructions.isEmpty()
          ? Map.of("instructions", "is empty; leave it out where each row brings its own")
          : Map.of();
    }
  }

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
      @Setting("literal text, in which `…` or `...` stands for any text") @Nullable String template,
      @Setting("for the whole answer, in RE2 syntax") @Nullable String pattern,
      @Setting("what the prompt has begun") @Nullable String prefix,
      @Setting(value = "a share for what is there of the template", otherwise = "false")
          @JsonProperty(defaultValue = "false")
          boolean partial,
      @Setting(value = "whether nothing may stand for any text", otherwise = "false")
          @JsonProperty(defaultValue = "false")
          boolean allowEmpty)
      implements RewardSpec {
    @Override
    public Map<String, String> conflicts() {
      return (template == null) == (pattern == null)
          ? Map.of("template", "or pattern must be given, one of them")
          : Map.of();
    }
  }

  /**
   * The weighted sum of several rewards. Each one's score is replaced by its fallback where it has
   * none, normalised, clipped and weighted; the sum is clipped. An item that one of them cannot
   * score, and that has no fallback, has no value.
   *
   * @param rewards 1 to 16, none of them an ensemble
   * @param clip bounds of the sum; null for none
   */
  record Ensemble(
      @Setting("a weighted sum of these, 1 to 16") List<Member> rewards,
      @Setting("bounds of the sum") @Nullable Clip clip)
      implements RewardSpec {
    /** Most rewards. */
    public static final int MOST = 16;

    @Override
    public Map<String, String> conflicts() {
      return rewards.isEmpty() || rewards.size() > MOST
          ? Map.of("rewards", "has %d, must have 1 to %d".formatted(rewards.size(), MOST))
          : Map.of();
    }
  }

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
      @Setting("of its share; of its type unless given") @Nullable String name,
      @Setting("one of those above") RewardSpec reward,
      @Setting(value = "in the sum; may be negative", otherwise = "1.0") @Nullable Double weight,
      @Setting(
              value = "how its scores are made comparable",
              otherwise = "\"none\"",
              words = {"none", "standardize", "minmax"})
          @Nullable String normalize,
      @Setting(
              value = "what is normalised together",
              otherwise = "\"group\"",
              words = {"group", "request"})
          @Nullable String over,
      @Setting("bounds after normalising") @Nullable Clip clip,
      @Setting("the score of an answer that has none") @Nullable Double fallback)
      implements Interdependent {
    @Override
    public Map<String, String> conflicts() {
      return reward instanceof Ensemble
          ? Map.of("reward", "is an ensemble, and an ensemble has none in it")
          : Map.of();
    }
  }

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
      @Setting("where a program of yours reads; `reward.external.requested` unless given")
          @Nullable String topic,
      @Setting(
              value = "after which it is asked again, or given up, milliseconds",
              otherwise = "60000",
              from = 1,
              to = 3_600_000)
          @Nullable Long timeoutMillis,
      @Setting(value = "how often it is asked again", otherwise = "2", from = 0, to = 10)
          @Nullable Integer retries,
      @Setting("the score of an answer that gets none") @Nullable Double fallback,
      @Setting("for the program, whatever they are") @Nullable JsonNode settings)
      implements RewardSpec {}

  /**
   * What a registered reward model says of a completion: a number that only means something beside
   * others of the same model.
   *
   * @param model its id; {@code stage:NAME} for that of an earlier training of the same run, which
   *     is resolved before anything is scored
   */
  record Model(
      @Setting("a registered reward model, or stage:NAME for that of an earlier stage")
          String model)
      implements RewardSpec {
    @Override
    public Map<String, String> conflicts() {
      return model.isBlank() ? Map.of("model", "is blank, must be an id") : Map.of();
    }
  }

  /** Bounds; null for none on that side. */
  record Clip(@Setting("least") @Nullable Double low, @Setting("most") @Nullable Double high)
      implements Interdependent {
    @Override
    public Map<String, String> conflicts() {
      return low != null && high != null && low > high ? Map.of("low", "is above high") : Map.of();
    }
  }
}
