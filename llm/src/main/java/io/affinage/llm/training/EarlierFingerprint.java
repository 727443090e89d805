package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text by which checkpoints knew their run before they carried values: {@code
 * TrainingSettings[epochs=1.0, ..., batching=Batching[batchSize=8, ...], ...] rows=12
 * trainable=288}. Nothing writes it any more.
 */
final class EarlierFingerprint {
  private static final Pattern WHOLE =
      Pattern.compile("TrainingSettings\\[(.*)] rows=(\\d+) trainable=(\\d+)");

  /** Name, class of a record, start of a value, or end of a record. */
  private static final Pattern TOKEN =
      Pattern.compile("(?<name>\\w+)=(?:(?<record>\\w+)\\[|(?<value>[^,\\]]+))|(?<end>])");

  private static final Map<String, String> RULES =
      OptimizerRule.defaults().values().stream()
          .collect(
              Collectors.toUnmodifiableMap(
                  rule -> rule.getClass().getSimpleName(), OptimizerRule::id));

  private EarlierFingerprint() {}

  /**
   * @return by the names of {@link RunValues}
   * @throws LlmException {@code checkpoint_mismatch} when the text is another
   */
  static SortedMap<String, JsonNode> values(String text) {
    Matcher whole = WHOLE.matcher(text);
    if (!whole.matches()) {
      throw new LlmException("checkpoint_mismatch", "not the settings of a run: " + text);
    }
    SortedMap<String, JsonNode> values = new TreeMap<>();
    String record = "settings";
    Matcher token = TOKEN.matcher(whole.group(1));
    while (token.find()) {
      String name = record + "." + token.group("name");
      if (token.group("end") != null) {
        record = record.substring(0, record.lastIndexOf('.'));
      } else if (token.group("record") != null) {
        record = name;
        if (RULES.containsKey(token.group("record"))) {
          values.put(name, JsonNodeFactory.instance.textNode(RULES.get(token.group("record"))));
        }
      } else {
        values.put(name, leaf(token.group("value")));
      }
    }
    int rows = Integer.parseInt(whole.group(2));
    values.put("rows", JsonNodeFactory.instance.numberNode(rows));
    values.put("trained", leaf(whole.group(3)));
    values.put("steps", JsonNodeFactory.instance.numberNode(steps(values, rows)));
    return RunValues.effective(values);
  }

  private static int steps(Map<String, JsonNode> values, int rows) {
    TrainingSettings counted =
        TrainingSettings.DEFAULT
            .with(Batching.of(values.get("settings.batching.batchSize").intValue()))
            .withEpochs(values.get("settings.epochs").doubleValue());
    int most = values.get("settings.maxSteps").intValue();
    return (most > 0 ? counted.withMaxSteps(most) : counted).totalSteps(rows);
  }

  private static JsonNode leaf(String text) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (text.equals("true") || text.equals("false")) {
      return json.booleanNode(Boolean.parseBoolean(text));
    }
    if (text.matches("-?\\d+")) {
      return json.numberNode(Long.parseLong(text));
    }
    if (text.matches("[A-Z_]+")) {
      return json.textNode(text.toLowerCase(Locale.ROOT));
    }
    return json.numberNode(Double.parseDouble(text));
  }
}
