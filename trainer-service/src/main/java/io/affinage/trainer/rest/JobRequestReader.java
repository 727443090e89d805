package io.affinage.trainer.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.ErrorDetail;
import io.affinage.events.NameRule;
import io.affinage.events.RequestRules;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.NearestName;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.service.rest.ApiException;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.TrainingException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads the body of {@code POST /v1/fine_tuning/jobs}: OpenAI's fields, and below {@code affinage}
 * the fields of {@link TrainingSpec}. Finds every problem before it refuses.
 */
final class JobRequestReader {
  private static final List<String> FIELDS =
      List.of(
          "model",
          "training_file",
          "validation_file",
          "method",
          "hyperparameters",
          "seed",
          "suffix",
          "metadata",
          "integrations",
          "affinage");

  private static final String SUPERVISED = "supervised";

  private final ObjectMapper json;
  private final List<ErrorDetail> problems = new ArrayList<>();

  private final Function<BaseReference, Optional<AdapterSpec>> adapters;

  private JobRequestReader(
      ObjectMapper json, Function<BaseReference, Optional<AdapterSpec>> adapters) {
    this.json = json;
    this.adapters = adapters;
  }

  /**
   * @param adapters how the adapter was trained that a reference means; empty for whole models
   */
  static JobRequest read(
      JsonNode body, ObjectMapper json, Function<BaseReference, Optional<AdapterSpec>> adapters) {
    return new JobRequestReader(json, adapters).read(body);
  }

  private JobRequest read(JsonNode body) {
    if (body == null || !body.isObject()) {
      throw ApiException.invalid("invalid_json", "The body must be a JSON object.", null);
    }
    onlyFields(body, "", FIELDS);
    String model = text(body, "model", true);
    String file = text(body, "training_file", true);
    if (present(body, "validation_file")) {
      refuse(
          "validation_file",
          "is not supported: held-out rows come from the dataset's own validation split");
    }
    if (present(body, "integrations") && !body.get("integrations").isEmpty()) {
      refuse("integrations", "is not supported: metrics are served for Prometheus instead");
    }
    String suffix = text(body, "suffix", false);
    if (suffix != null && !NameRule.NAME.allows(suffix)) {
      refuse("suffix", "must be " + NameRule.NAME.words());
    }
    Map<String, String> metadata = metadata(body.get("metadata"));
    ObjectNode extension = extension(body);
    hyperparameters(body, extension);
    seed(body, extension);
    BaseReference base = base(model);
    TrainingSpec spec = spec(extension, base);
    throwIfAny();
    return new JobRequest(model, base, file, spec, suffix, metadata);
  }

  private ObjectNode extension(JsonNode body) {
    ObjectNode extension = json.createObjectNode();
    if (!present(body, "affinage")) {
      return extension;
    }
    JsonNode given = body.get("affinage");
    if (!given.isObject()) {
      refuse("affinage", "must be an object");
      return extension;
    }
    onlyFields(given, "affinage.", names(TrainingSpec.class));
    for (SettingRule rule : Settings.of(TrainingSpec.class)) {
      if (rule.isGroup()) {
        nested(given, rule.name(), rule.type().asSubclass(Record.class));
      }
    }
    extension.setAll((ObjectNode) given);
    choice(extension, "adapter", AdapterSpec.class, "lora");
    choice(extension, "objective", ObjectiveSpec.class, null);
    choice(extension, "quantization", QuantizationSpec.class, null);
    return extension;
  }

  private void nested(JsonNode given, String name, Class<? extends Record> type) {
    if (present(given, name)) {
      nested(given, "affinage.", name, names(type));
    }
  }

  /**
   * A typed choice; one that cannot be read is told and taken out.
   *
   * @param otherwise the type where none is given; null where one must be
   */
  private void choice(ObjectNode extension, String name, Class<?> choice, String otherwise) {
    if (!present(extension, name)) {
      return;
    }
    String path = "affinage." + name;
    String tag = Choices.tag(choice);
    if (!extension.get(name).isObject()) {
      refuse(path, "must be an object");
      extension.remove(name);
      return;
    }
    ObjectNode chosen = extension.withObject("/" + name);
    if (!present(chosen, tag) && otherwise != null) {
      chosen.put(tag, otherwise);
    }
    Optional<Class<? extends Record>> type = Choices.find(choice, chosen.path(tag).asText(""));
    if (type.isEmpty()) {
      refuse(
          path + "." + tag,
          (present(chosen, tag) ? "is '" + chosen.get(tag).asText() + "', must be" : "is missing,")
              + " one of "
              + String.join(", ", Choices.names(choice)));
      extension.remove(name);
      return;
    }
    List<String> allowed = new ArrayList<>(List.of(tag));
    allowed.addAll(names(type.get()));
    onlyFields(chosen, path + ".", allowed);
    inside(chosen, path + ".", type.get());
  }

  /** The names in what a record's settings hold: choices, groups and lists of records. */
  private void inside(JsonNode given, String path, Class<? extends Record> type) {
    for (SettingRule rule : Settings.of(type)) {
      JsonNode value = given.path(rule.name());
      String at = path + rule.name();
      if (Choices.isChoice(rule.type())) {
        String tag = Choices.tag(rule.type());
        Choices.find(rule.type(), value.path(tag).asText(""))
            .ifPresent(chosen -> known(value, at, chosen, List.of(tag)));
      } else if (rule.isGroup()) {
        known(value, at, rule.type().asSubclass(Record.class), List.of());
      } else if (rule.items() != null) {
        for (int i = 0; i < value.size(); i++) {
          known(value.path(i), at + "[" + i + "]", rule.items(), List.of());
        }
      }
    }
  }

  private void known(
      JsonNode given, String at, Class<? extends Record> type, List<String> besides) {
    List<String> allowed = new ArrayList<>(besides);
    allowed.addAll(names(type));
    onlyFields(given, at + ".", allowed);
    inside(given, at + ".", type);
  }

  private void nested(JsonNode given, String path, String name, List<String> allowed) {
    if (given.get(name).isObject()) {
      onlyFields(given.get(name), path + name + ".", allowed);
    } else {
      refuse(path + name, "must be an object");
    }
  }

  /** Puts OpenAI's hyperparameters into the extension; "auto" leaves the default. */
  private void hyperparameters(JsonNode body, ObjectNode extension) {
    JsonNode given = body.get("hyperparameters");
    String at = "hyperparameters";
    if (present(body, "method")) {
      JsonNode method = body.get("method");
      String type = method.path("type").asText("");
      List<String> objectives = Choices.names(ObjectiveSpec.class);
      if (!type.equals(SUPERVISED) && !objectives.contains(type)) {
        refuse(
            "method.type",
            "is '%s', must be one of %s, %s"
                .formatted(type, SUPERVISED, String.join(", ", objectives)));
        return;
      }
      onlyFields(method, "method.", List.of("type", type));
      if (present(method, type)) {
        nested(method, "method.", type, List.of("hyperparameters"));
      }
      JsonNode nested = method.path(type).get("hyperparameters");
      if (nested != null && !nested.isNull()) {
        if (present(body, "hyperparameters")) {
          refuse("hyperparameters", "is given beside method." + type + ".hyperparameters");
        }
        given = nested;
        at = "method." + type + ".hyperparameters";
      }
      if (objectives.contains(type)) {
        objective(type, given, at, extension);
      }
    }
    if (given == null || given.isNull()) {
      return;
    }
    if (!given.isObject()) {
      refuse(at, "must be an object");
      return;
    }
    List<String> allowed =
        new ArrayList<>(List.of("n_epochs", "batch_size", "learning_rate_multiplier"));
    Choices.find(ObjectiveSpec.class, body.path("method").path("type").asText(""))
        .ifPresent(type -> allowed.addAll(settings(type).keySet()));
    onlyFields(given, at + ".", allowed);
    number(given, "n_epochs", at, "epochs", extension, 1);
    number(given, "batch_size", at, "batchSize", extension, 1);
    number(given, "learning_rate_multiplier", at, "learningRate", extension, baseRate(extension));
  }

  /** An objective's own settings stand beside OpenAI's hyperparameters, in snake case. */
  private void objective(String type, JsonNode given, String at, ObjectNode extension) {
    if (present(extension, "objective")) {
      refuse("method", "is given beside affinage.objective");
      return;
    }
    ObjectNode objective = extension.putObject("objective").put("type", type);
    if (given == null || !given.isObject()) {
      return;
    }
    settings(Choices.find(ObjectiveSpec.class, type).orElseThrow())
        .forEach(
            (name, rule) -> {
              JsonNode value = given.get(name);
              if (value == null
                  || value.isNull()
                  || value.isTextual() && value.asText().equals("auto")) {
                return;
              }
              if (Number.class.isAssignableFrom(rule.type()) && !value.isNumber()) {
                refuse(at + "." + name, "must be a number or \"auto\"");
              } else {
                objective.set(rule.name(), value);
              }
            });
    inside(objective, at + ".", Choices.find(ObjectiveSpec.class, type).orElseThrow());
  }

  private static Map<String, SettingRule> settings(Class<? extends Record> type) {
    Map<String, SettingRule> settings = new LinkedHashMap<>();
    Settings.of(type).forEach(rule -> settings.put(SettingNames.inRecipe(rule.name()), rule));
    return settings;
  }

  private double baseRate(ObjectNode extension) {
    boolean pretrain = extension.path("method").asText("").equals(SpecResolver.PRETRAIN);
    try {
      AdapterSpec adapter =
          present(extension, "adapter")
              ? json.treeToValue(extension.get("adapter"), AdapterSpec.class)
              : Settings.absent(LoraSpec.class);
      ObjectiveSpec objective =
          present(extension, "objective")
              ? json.treeToValue(extension.get("objective"), ObjectiveSpec.class)
              : null;
      return SpecResolver.learningRate(adapter, objective, pretrain);
    } catch (JsonProcessingException e) {
      // Told when the whole is read.
      return SpecResolver.PRETRAIN_LEARNING_RATE;
    }
  }

  private void number(
      JsonNode given, String name, String at, String field, ObjectNode extension, double factor) {
    JsonNode value = given.get(name);
    if (value == null || value.isNull() || (value.isTextual() && value.asText().equals("auto"))) {
      return;
    }
    if (!value.isNumber()) {
      refuse(at + "." + name, "must be a number or \"auto\"");
    } else if (present(extension, field)) {
      refuse(at + "." + name, "is given beside affinage." + field);
    } else if (factor == 1) {
      extension.set(field, value);
    } else {
      extension.put(field, value.asDouble() * factor);
    }
  }

  private void seed(JsonNode body, ObjectNode extension) {
    if (!present(body, "seed")) {
      return;
    }
    if (!body.get("seed").canConvertToLong() || !body.get("seed").isIntegralNumber()) {
      refuse("seed", "must be an integer");
    } else if (present(extension, "seed")) {
      refuse("seed", "is given beside affinage.seed");
    } else {
      extension.set("seed", body.get("seed"));
    }
  }

  private BaseReference base(String model) {
    if (model == null) {
      return null;
    }
    try {
      return BaseReference.parse(model);
    } catch (TrainingException e) {
      problems.add(e.detail());
      return null;
    }
  }

  private TrainingSpec spec(ObjectNode extension, BaseReference base) {
    try {
      TrainingSpec given = json.treeToValue(extension, TrainingSpec.class);
      return base == null
          ? given
          : SpecResolver.resolve(given, base.isScratch(), adapters.apply(base));
    } catch (JsonProcessingException e) {
      refuse("affinage", "cannot be read: " + e.getOriginalMessage());
    } catch (InvalidSpecException e) {
      problems.addAll(e.problems());
    }
    return null;
  }

  private Map<String, String> metadata(JsonNode given) {
    if (given == null || given.isNull()) {
      return null;
    }
    if (!given.isObject()) {
      refuse("metadata", "must be an object of texts");
      return null;
    }
    Map<String, String> labels = new LinkedHashMap<>();
    given
        .properties()
        .forEach(
            e -> {
              if (!e.getValue().isTextual()) {
                refuse("metadata." + e.getKey(), "must be a text");
              }
              labels.put(e.getKey(), e.getValue().asText());
            });
    problems.addAll(RequestRules.metadataProblems(labels));
    return labels;
  }

  private String text(JsonNode body, String name, boolean required) {
    JsonNode value = body.get(name);
    if (value == null || value.isNull()) {
      if (required) {
        refuse(name, "is missing");
      }
      return null;
    }
    if (!value.isTextual() || value.asText().isBlank()) {
      refuse(name, "must be a text");
      return null;
    }
    return value.asText();
  }

  private void onlyFields(JsonNode object, String path, List<String> allowed) {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!allowed.contains(name)) {
                refuse(path + name, "is unknown" + NearestName.hint(name, allowed));
              }
            });
  }

  private static List<String> names(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  private static boolean present(JsonNode object, String name) {
    return object.has(name) && !object.get(name).isNull();
  }

  private void refuse(String param, String message) {
    problems.add(new ErrorDetail("invalid_request", param + " " + message, param));
  }

  private void throwIfAny() {
    if (problems.isEmpty()) {
      return;
    }
    ErrorDetail first = problems.get(0);
    String message = problems.stream().map(ErrorDetail::message).collect(Collectors.joining("; "));
    throw ApiException.invalid(first.code(), message, first.param());
  }
}
