package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a run's result follows from, by name: its settings, its rows, what is trained, and where
 * they come from. A checkpoint carries them, and a run resumes one that has the same.
 *
 * <p>Two versions of this library may write other names. A setting that came later is written where
 * it is not at its neutral value, at which it changes nothing; left out, it has that value. So an
 * older checkpoint resumes under a newer version, and one with a setting that is not known here is
 * refused by the setting's name. What the adapter and the inputs are is compared where both sides
 * say it.
 */
final class RunValues {
  /** Of the names in version 1; later settings are in {@link #LATER}. */
  static final int VERSION = 1;

  /** Settings that came after version 1, each with its neutral value. */
  private static final Map<String, JsonNode> LATER = Map.of();

  private static final String SETTING = "settings.";
  private static final String ADAPTER = "adapter.";
  private static final String ORIGIN = "origin.";

  /** What changes neither the weights nor when a run ends; the number of steps has its own name. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          SETTING + "epochs",
          SETTING + "maxSteps",
          SETTING + "checkpointing.everySteps",
          SETTING + "checkpointing.keepLast",
          SETTING + "optimization.pagedState");

  private final SortedMap<String, JsonNode> values;
  private final boolean complete;

  /**
   * @param complete whether every name of {@link #VERSION} is there: not so in checkpoints from
   *     before there were versions
   */
  private RunValues(SortedMap<String, JsonNode> values, boolean complete) {
    this.values = values;
    this.complete = complete;
  }

  /**
   * @param precision what the model computes in
   * @param weights the form in which it keeps its weights
   * @param trained number of trained elements
   * @param adapter its configuration by name; empty for none
   */
  static RunValues of(
      TrainingSettings settings,
      TrainingInputs inputs,
      String precision,
      WeightForm weights,
      long trained,
      Map<String, String> adapter) {
    SortedMap<String, JsonNode> values = new TreeMap<>();
    flatten("settings", settings, values);
    effective(values);
    values.entrySet().removeIf(each -> same(each.getValue(), LATER.get(each.getKey())));
    JsonNodeFactory json = JsonNodeFactory.instance;
    inputs.aim().ifPresent(aim -> objective(aim.objective(), values));
    values.put("steps", json.numberNode(settings.totalSteps(inputs.groups().size())));
    values.put("precision", json.textNode(precision));
    if (weights != WeightForm.PLAIN) {
      values.put("weights", json.textNode(weights.userName()));
    }
    values.put("rows", json.numberNode(inputs.groups().size()));
    values.put("rowsDigest", json.textNode(digest(inputs.groups())));
    values.put("trained", json.numberNode(trained));
    adapter.forEach((name, value) -> values.put(ADAPTER + name, json.textNode(value)));
    inputs.origin().forEach((name, value) -> values.put(ORIGIN + name, json.textNode(value)));
    return new RunValues(values, true);
  }

  private static void objective(Objective objective, Map<String, JsonNode> into) {
    flatten("objective", objective.settings(), into);
    into.put("objective", JsonNodeFactory.instance.textNode(objective.id()));
  }

  /** Removes from settings by name what has no effect on the result. */
  static SortedMap<String, JsonNode> effective(SortedMap<String, JsonNode> values) {
    values.keySet().removeAll(WITHOUT_EFFECT);
    return values;
  }

  private static void flatten(String name, Object value, Map<String, JsonNode> into) {
    if (value instanceof OptimizerRule rule) {
      into.put(name, JsonNodeFactory.instance.textNode(rule.id()));
    }
    if (value instanceof Record parts) {
      for (RecordComponent part : parts.getClass().getRecordComponents()) {
        flatten(name + "." + part.getName(), component(part, parts), into);
      }
    } else {
      into.put(name, leaf(name, value));
    }
  }

  private static Object component(RecordComponent part, Record of) {
    try {
      part.getAccessor().setAccessible(true);
      return part.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + part + " of " + of, e);
    }
  }

  private static JsonNode leaf(String name, Object value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (value instanceof Boolean flag) {
      return json.booleanNode(flag);
    }
    if (value instanceof Integer || value instanceof Long) {
      return json.numberNode(((Number) value).longValue());
    }
    if (value instanceof Double number) {
      return json.numberNode(number);
    }
    if (value instanceof Enum<?> constant) {
      return json.textNode(constant.name().toLowerCase(Locale.ROOT));
    }
    if (value instanceof String text) {
      return json.textNode(text);
    }
    throw new IllegalStateException("setting " + name + " has no form in checkpoints: " + value);
  }

  /** Of what is learned, in order: ids of tokens and where loss is taken. */
  private static String digest(List<Group> groups) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (Group group : groups) {
        sha.update(bytes(group.members().size()));
        group.margin().ifPresent(margin -> sha.update(bytes(Float.floatToIntBits((float) margin))));
        for (TokenizedExample example : group.members()) {
          sha.update(bytes(example.ids().length, example.targetSpans().length));
          sha.update(bytes(example.ids()));
          sha.update(bytes(example.targetSpans()));
        }
      }
      return "sha256:" + HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] bytes(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
    bytes.asIntBuffer().put(IntBuffer.wrap(numbers));
    return bytes.array();
  }

  /** As a checkpoint carries them. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", VERSION);
    json.set("values", new ObjectNode(JsonNodeFactory.instance, values));
    return json;
  }

  /**
   * @param json as {@link #json} gives it, by this version or another
   * @throws LlmException {@code checkpoint_mismatch} when it is nothing of the kind
   */
  static RunValues read(JsonNode json) {
    if (!json.path("version").isIntegralNumber() || !json.path("values").isObject()) {
      throw new LlmException("checkpoint_mismatch", "no values of a run: " + json);
    }
    SortedMap<String, JsonNode> values = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each : json.path("values").properties()) {
      values.put(each.getKey(), each.getValue());
    }
    return new RunValues(values, true);
  }

  /**
   * Of a checkpoint from before there were versions, which carried its settings as one text.
   *
   * @throws LlmException {@code checkpoint_mismatch} when it is nothing of the kind
   */
  static RunValues ofFingerprint(String fingerprint) {
    return new RunValues(EarlierFingerprint.values(fingerprint), false);
  }

  /**
   * What keeps a run from going on where a checkpoint ends.
   *
   * @param checkpoint the values that it carries
   * @return a sentence for each; none when it can be resumed
   */
  List<String> differences(RunValues checkpoint) {
    List<String> found = new ArrayList<>();
    SortedMap<String, JsonNode> names = new TreeMap<>(values);
    names.putAll(checkpoint.values);
    for (String name : names.keySet()) {
      JsonNode here = values.getOrDefault(name, LATER.get(name));
      JsonNode there = checkpoint.values.getOrDefault(name, LATER.get(name));
      boolean comparable =
          here != null && there != null
              || !name.startsWith(ORIGIN)
                  && !name.startsWith(ADAPTER)
                  && (there != null || checkpoint.complete);
      if (comparable && !same(here, there)) {
        found.add("%s is %s there and %s here".formatted(told(name), told(there), told(here)));
      }
    }
    return found;
  }

  private static boolean same(JsonNode one, JsonNode other) {
    if (one != null && other != null && one.isNumber() && other.isNumber()) {
      return one.isIntegralNumber() && other.isIntegralNumber()
          ? one.longValue() == other.longValue()
          : one.doubleValue() == other.doubleValue();
    }
    return one != null && one.equals(other);
  }

  private static String told(String name) {
    return name.startsWith(SETTING) ? name.substring(SETTING.length()) : name;
  }

  private static String told(JsonNode value) {
    return value == null ? "not known" : value.asText();
  }
}
