package io.affinage.trainer.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.Warning;
import io.affinage.llm.export.ModelCard;
import io.affinage.trainer.engine.TrainingJob;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a job's model says about itself; the same job gives the same text. */
final class ModelCards {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelCards() {}

  /**
   * @param metrics that do not depend on the machine
   */
  static ModelCard of(TrainingJob job, Map<String, Double> metrics, List<Warning> warnings) {
    Map<String, String> settings = new TreeMap<>();
    flatten("", JSON.valueToTree(job.spec()), settings);
    Optional<String> base = Optional.ofNullable(job.baseName());
    return new ModelCard(
        base.map(name -> name + ", tuned").orElse("A model from scratch"),
        base,
        Optional.empty(),
        Optional.empty(),
        settings,
        metrics,
        Map.of(),
        warnings.stream().map(Warning::message).toList());
  }

  private static void flatten(String name, JsonNode node, Map<String, String> settings) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  flatten(
                      name.isEmpty() ? field.getKey() : name + "." + field.getKey(),
                      field.getValue(),
                      settings));
    } else {
      settings.put(name, node.isTextual() ? node.textValue() : node.toString());
    }
  }
}
