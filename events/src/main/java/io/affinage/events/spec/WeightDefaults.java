package io.affinage.events.spec;

import io.affinage.events.TrainingSpec.Weights;
import java.util.List;

/** Which weights a specification trains. */
final class WeightDefaults {
  private WeightDefaults() {}

  /**
   * @return null where an adapter is trained
   */
  static Weights resolve(Weights given, boolean adapter, Problems problems) {
    if (adapter) {
      problems.absent(
          "weights", given, "are chosen, but an adapter is trained: set adapter.type to none");
      return null;
    }
    Weights from = given == null ? new Weights(null, null, null, null) : given;
    if (from.train() != null) {
      problems.absent("weights.scope", from.scope(), "is given beside weights.train");
      patterns("weights.train", from.train(), problems);
    }
    String scope = from.train() == null ? from.scope() == null ? "all" : from.scope() : null;
    Integer lastLayers = from.lastLayers();
    if ("last_layers".equals(scope)) {
      if (from.lastLayers() == null) {
        problems.add("weights.lastLayers", "is missing for the scope 'last_layers'");
      }
    } else {
      problems.absent(
          "weights.lastLayers", from.lastLayers(), "goes with the scope 'last_layers' only");
    }
    if (from.freeze() != null) {
      patterns("weights.freeze", from.freeze(), problems);
    }
    return new Weights(scope, lastLayers, from.train(), from.freeze());
  }

  private static void patterns(String param, List<String> patterns, Problems problems) {
    if (patterns.isEmpty() || patterns.stream().anyMatch(p -> p == null || p.isBlank())) {
      problems.add(param, "must name weights, for example 'model.layers.2.*'");
    }
  }
}
