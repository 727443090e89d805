package io.affinage.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.events.RewardInstruction;
import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import io.affinage.events.spec.Choices;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads how answers are scored. What only the reward service can check, it checks. */
final class RewardReader {
  private RewardReader() {}

  /** Null where the section is absent, or its type missing or unknown. */
  static RewardSpec read(Section reward) {
    if (reward == null) {
      return null;
    }
    if (!reward.has("type") && reward.has("stage")) {
      String stage = reward.text("stage");
      reward.close();
      return stage == null ? null : new RewardSpec.Model(Stage.OF_STAGE + stage);
    }
    String type = reward.word("type", Choices.names(RewardSpec.class));
    if (!reward.has("type")) {
      reward.problem("type is missing, or stage for the reward model of an earlier one");
    }
    if (type == null) {
      return null;
    }
    RewardSpec read = ofType(type, reward);
    reward.close();
    return read;
  }

  private static RewardSpec ofType(String type, Section reward) {
    return switch (type) {
      case "exact_match" ->
          new RewardSpec.ExactMatch(
              isSet(reward, "ignore_case"), isSet(reward, "ignore_punctuation"));
      case "regex" -> new RewardSpec.Regex(pattern(reward));
      case "numeric_answer" -> {
        Double tolerance = reward.number("tolerance", 0, Section.UNBOUNDED);
        yield new RewardSpec.NumericAnswer(tolerance == null ? 0 : tolerance);
      }
      case "json_schema" -> new RewardSpec.JsonSchema(required(reward, "schema"));
      case "length" -> length(reward);
      case "ifeval" ->
          new RewardSpec.IfEval(
              instructions(reward),
              reward.word("score", List.of("all", "mean")),
              isSet(reward, "loose"));
      case "format" -> format(reward);
      case "ensemble" -> ensemble(reward);
      case "external" ->
          new RewardSpec.External(
              reward.text("topic"),
              reward.whole("timeout_millis", 1, 3_600_000),
              reward.count("retries", 0),
              number(reward, "fallback"),
              reward.json("settings"));
      case "model" -> {
        String model = reward.text("model");
        if (model == null || model.isBlank()) {
          reward.problem("model is missing: the id of a reward model, or stage:NAME");
          yield null;
        }
        yield new RewardSpec.Model(model);
      }
      default -> throw new AssertionError("no reader for rewards of type " + type);
    };
  }

  private static boolean isSet(Section reward, String flag) {
    return Boolean.TRUE.equals(reward.flag(flag));
  }

  private static Double number(Section section, String key) {
    return section.number(key, -Section.UNBOUNDED, Section.UNBOUNDED);
  }

  private static JsonNode required(Section section, String key) {
    JsonNode value = section.json(key);
    if (value == null) {
      section.problem(key + " is missing");
    }
    return value;
  }

  private static RewardSpec length(Section reward) {
    Integer least = reward.count("min_characters", 0);
    Integer most = reward.count("max_characters", 1);
    if (least == null || most == null || least > most) {
      reward.problem("min_characters and max_characters must be given, the first not above");
      return null;
    }
    return new RewardSpec.Length(least, most);
  }

  /** Null for those of each row, in its reference. */
  private static List<RewardInstruction> instructions(Section reward) {
    if (!reward.has("instructions")) {
      return null;
    }
    List<RewardInstruction> instructions = new ArrayList<>();
    for (Section each : reward.sections("instructions")) {
      String id = each.text("id");
      if (id == null) {
        each.problem("id is missing");
      }
      JsonNode given = each.json("kwargs");
      Map<String, JsonNode> kwargs = null;
      if (given != null && !given.isObject()) {
        each.problem("kwargs", "must be a mapping of names");
      } else if (given != null) {
        kwargs = new HashMap<>();
        for (Map.Entry<String, JsonNode> pair : given.properties()) {
          kwargs.put(pair.getKey(), pair.getValue());
        }
      }
      each.close();
      instructions.add(new RewardInstruction(id, kwargs));
    }
    if (instructions.isEmpty()) {
      reward.problem("instructions", "is empty; leave it out where each row brings its own");
    }
    return instructions;
  }

  private static RewardSpec format(Section reward) {
    boolean hasTemplate = reward.has("template");
    if (hasTemplate == reward.has("pattern")) {
      reward.problem("template or pattern must be given, one of them");
    }
    return new RewardSpec.Format(
        reward.text("template"),
        reward.has("pattern") ? pattern(reward) : null,
        reward.text("prefix"),
        isSet(reward, "partial"),
        isSet(reward, "allow_empty"));
  }

  private static RewardSpec ensemble(Section reward) {
    List<RewardSpec.Member> members = new ArrayList<>();
    for (Section each : reward.sections("rewards")) {
      RewardSpec member = read(each.section("reward"));
      if (!each.has("reward")) {
        each.problem("reward is missing");
      } else if (member instanceof RewardSpec.Ensemble) {
        each.problem("reward", "is an ensemble, and an ensemble has none in it");
      }
      members.add(
          new RewardSpec.Member(
              each.text("name"),
              member,
              number(each, "weight"),
              each.word("normalize", List.of("none", "standardize", "minmax")),
              each.word("over", List.of("group", "request")),
              clip(each),
              number(each, "fallback")));
      each.close();
    }
    if (members.isEmpty()) {
      reward.problem("rewards is missing or empty");
    }
    return new RewardSpec.Ensemble(members, clip(reward));
  }

  private static RewardSpec.Clip clip(Section section) {
    Section clip = section.section("clip");
    if (clip == null) {
      return null;
    }
    Double low = number(clip, "low");
    Double high = number(clip, "high");
    if (low != null && high != null && low > high) {
      clip.problem("low must not be above high");
    }
    clip.close();
    return new RewardSpec.Clip(low, high);
  }

  private static String pattern(Section reward) {
    String pattern = reward.text("pattern");
    if (pattern == null) {
      reward.problem("pattern is missing");
      return "";
    }
    try {
      Pattern.compile(pattern.replace("{reference}", "reference"));
    } catch (PatternSyntaxException e) {
      reward.problem("pattern", "is not a regular expression: " + e.getDescription());
    }
    return pattern;
  }
}
