package io.affinage.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.cli.run.DataRules;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The JSON Schema (draft 7, which editors have) of recipes. All settings of data, trainings and
 * evaluations come from what their records say of them; the rest is what the reader asks for.
 */
final class RecipeSchema {
  /** An upper end from which a range has none. */
  private static final double NO_END = 1e29;

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private RecipeSchema() {}

  static ObjectNode schema() {
    ObjectNode root = JSON.objectNode();
    root.put("$schema", "http://json-schema.org/draft-07/schema#");
    root.put("title", "A recipe of Affinage");
    ObjectNode recipe = object("a run: what to train, on what, and when it is good enough");
    properties(recipe).set("name", text("of the run and of its dataset"));
    properties(recipe)
        .set("model", text("a folder, a .gguf file, owner/name of a hub, or a registered model"));
    properties(recipe).set("data", reference("data"));
    ObjectNode stages = JSON.objectNode().put("type", "array").put("minItems", 1);
    stages.put("description", "what is done, in order");
    stages.set("items", stage());
    properties(recipe).set("stages", stages);
    recipe.putArray("required").add("name").add("stages");
    root.setAll(recipe);
    ObjectNode definitions = root.putObject("definitions");
    for (Class<? extends Record> type :
        List.of(
            TrainingSpec.class, EvaluationSpec.class, DataRules.class, RewardSpec.Member.class)) {
      for (SettingRule rule : Settings.of(type)) {
        if (isShared(rule)) {
          definitions.set(rule.name(), whole(rule));
        }
      }
    }
    definitions.set("data", data());
    definitions.set("reward", rewards());
    return root;
  }

  private static ObjectNode stage() {
    ObjectNode stage = object("one of these");
    stage.put("minProperties", 1).put("maxProperties", 1);
    properties(stage).set("train", training("trains a model", Set.of()));
    for (String method : Settings.find(TrainingSpec.class, "method").words()) {
      ObjectNode training =
          training("trains with the method " + method, Set.of("method", "objective"));
      Choices.find(ObjectiveSpec.class, method).ifPresent(type -> settings(training, type));
      properties(stage).set(method, training);
    }
    properties(stage).set("evaluate", evaluation());
    return stage;
  }

  private static ObjectNode training(String meaning, Set<String> decided) {
    ObjectNode training = object(meaning);
    properties(training).set("name", text("by which later stages name this one"));
    properties(training).set("suffix", text("part of the model's name; the recipe's unless given"));
    properties(training).set("dataset", dataset());
    properties(training).set("data", reference("data"));
    ObjectNode base =
        JSON.objectNode()
            .put(
                "description",
                "what it starts from: `model` (the recipe's; the default of the first training),"
                    + " `previous` (the training before; the default of the others), an earlier"
                    + " stage or another model");
    references(base, List.of("model", "previous"));
    properties(training).set("base", base);
    for (SettingRule rule : Settings.of(TrainingSpec.class)) {
      if (!decided.contains(rule.name())) {
        setting(training, rule);
      }
    }
    return training;
  }

  /** A model by one of the words, an earlier stage's or a registered one. */
  private static ObjectNode references(ObjectNode value, List<String> words) {
    ArrayNode either = value.putArray("oneOf");
    either.add(enumeration(words));
    for (String role : List.of("stage", "model")) {
      ObjectNode named = object(null);
      properties(named).set(role, text(null));
      named.putArray("required").add(role);
      either.add(named);
    }
    return value;
  }

  private static void settings(ObjectNode object, Class<? extends Record> type) {
    for (SettingRule rule : Settings.of(type)) {
      setting(object, rule);
      if (rule.required()) {
        object.withArray("/required").add(SettingNames.inRecipe(rule.name()));
      }
    }
  }

  private static void setting(ObjectNode object, SettingRule rule) {
    properties(object).set(SettingNames.inRecipe(rule.name()), value(rule));
    for (String older : rule.also()) {
      ObjectNode value = value(rule);
      value.put("description", "the same as " + SettingNames.inRecipe(rule.name()));
      value.put("deprecated", true);
      properties(object).set(older, value);
    }
  }

  /** What every way to write a training has alike stands once. */
  private static boolean isShared(SettingRule rule) {
    return rule.isGroup() || Choices.isChoice(rule.type());
  }

  private static ObjectNode value(SettingRule rule) {
    return isShared(rule) ? reference(rule.name()) : whole(rule);
  }

  private static ObjectNode reference(String definition) {
    return JSON.objectNode().put("$ref", "#/definitions/" + definition);
  }

  private static ObjectNode whole(SettingRule rule) {
    if (rule.isGroup()) {
      ObjectNode group = object(rule.meaning());
      settings(group, rule.type().asSubclass(Record.class));
      return group;
    }
    if (Choices.isChoice(rule.type())) {
      return choice(rule.type(), rule.meaning());
    }
    if (rule.items() != null) {
      ObjectNode item = object(null);
      settings(item, rule.items());
      return list(item, rule.meaning());
    }
    ObjectNode value = JSON.objectNode();
    if (rule.type() == JsonNode.class) {
      return value.put("description", rule.meaning());
    }
    if (rule.type() == List.class) {
      value = texts(rule.words());
    } else if (!rule.words().isEmpty()) {
      rule.words().forEach(value.putArray("enum")::add);
    } else {
      value.put("type", type(rule.type()));
    }
    if (rule.range() != null) {
      number(value, "minimum", rule.range().least(), rule.type());
      if (rule.range().most() < NO_END) {
        number(value, "maximum", rule.range().most(), rule.type());
      }
    }
    return value.put("description", rule.meaning());
  }

  private static void number(ObjectNode value, String key, double number, Class<?> type) {
    if (type == Double.class) {
      value.put(key, number);
    } else {
      value.put(key, (long) number);
    }
  }

  private static String type(Class<?> type) {
    if (type == Boolean.class) {
      return "boolean";
    }
    if (type == Double.class) {
      return "number";
    }
    if (type == Map.class) {
      return "object";
    }
    return type == String.class ? "string" : "integer";
  }

  private static ObjectNode choice(Class<?> choice, String meaning) {
    ObjectNode either = JSON.objectNode().put("description", meaning);
    ArrayNode cases = either.putArray("anyOf");
    Choices.cases(choice)
        .forEach(
            (name, type) -> {
              ObjectNode chosen = object(null);
              properties(chosen).putObject("type").put("const", name);
              if (choice != AdapterSpec.class || !name.equals("lora")) {
                chosen.putArray("required").add("type");
              }
              settings(chosen, type);
              cases.add(chosen);
            });
    return either;
  }

  private static ObjectNode data() {
    ObjectNode data = object("the dataset; see docs/datasets.md");
    ObjectNode fields = properties(data);
    fields.set("path", text("relative to the recipe's folder"));
    fields.set("columns", textByName("from the file's columns to the layout's"));
    fields.set("constants", textByName("columns that every row gets"));
    settings(data, DataRules.class);
    return data;
  }

  private static ObjectNode evaluation() {
    ObjectNode evaluation = object("evaluates the model of the training before, and decides on it");
    evaluation.putArray("type").add("object").add("null");
    ObjectNode fields = properties(evaluation);
    fields.set("dataset", dataset());
    fields.set("data", reference("data"));
    fields.set(
        "model",
        references(
            described(JSON.objectNode(), "what is measured; the last model unless given"),
            List.of("previous")));
    ObjectNode compared = references(JSON.objectNode(), List.of("base"));
    ObjectNode compare =
        described(
            JSON.objectNode(),
            "models to measure beside it: `base` (the whole base model), stages, registered models");
    compare.putArray("anyOf").add(compared).add(list(compared.deepCopy(), null));
    fields.set("compare", compare);
    settings(evaluation, EvaluationSpec.class);
    return evaluation;
  }

  /** A choice, or the reward model of a stage in short. */
  private static ObjectNode rewards() {
    ObjectNode reward = choice(RewardSpec.class, "how answers are scored");
    ObjectNode ofStage = object("the reward model of an earlier stage");
    properties(ofStage).set("stage", text(null));
    ofStage.putArray("required").add("stage");
    ((ArrayNode) reward.get("anyOf")).add(ofStage);
    return reward;
  }

  private static ObjectNode list(ObjectNode items, String meaning) {
    ObjectNode list = JSON.objectNode().put("type", "array").put("minItems", 1);
    list.set("items", items);
    return described(list, meaning);
  }

  private static ObjectNode dataset() {
    return text(
        "a registered dataset: its name, its submission or its digest; that of the stage before"
            + " unless given");
  }

  private static ObjectNode object(String meaning) {
    ObjectNode object = JSON.objectNode().put("type", "object");
    if (meaning != null) {
      object.put("description", meaning);
    }
    object.put("additionalProperties", false);
    object.putObject("properties");
    return object;
  }

  private static ObjectNode properties(ObjectNode object) {
    return (ObjectNode) object.get("properties");
  }

  private static ObjectNode described(ObjectNode value, String meaning) {
    return meaning == null ? value : value.put("description", meaning);
  }

  private static ObjectNode text(String meaning) {
    return described(JSON.objectNode().put("type", "string"), meaning);
  }

  /**
   * A list of texts, or one.
   *
   * @param words that they may be; empty for any
   */
  private static ObjectNode texts(List<String> words) {
    ObjectNode item = words.isEmpty() ? text(null) : enumeration(words);
    ObjectNode texts = JSON.objectNode();
    ArrayNode either = texts.putArray("oneOf");
    either.add(item);
    either.addObject().put("type", "array").set("items", item.deepCopy());
    return texts;
  }

  private static ObjectNode textByName(String meaning) {
    ObjectNode byName = JSON.objectNode().put("type", "object");
    byName.putObject("additionalProperties").put("type", "string");
    return described(byName, meaning);
  }

  private static ObjectNode enumeration(List<String> words) {
    ObjectNode value = JSON.objectNode();
    words.forEach(value.putArray("enum")::add);
    return value;
  }
}
