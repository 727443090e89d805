package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The stages that remain of a run, and what those before them made. The service that finishes a
 * stage emits the request of the next one and hands the rest on, so no orchestrator exists.
 *
 * @param runId the run that all events of it share (CloudEvents extension {@code correlationid})
 * @param stages what is left, in order
 * @param outputs the id of the model that each named stage before them registered; null for none
 */
public record RoutingSlip(
    String runId,
    @JsonProperty(defaultValue = "[]") List<Stage> stages,
    @Nullable Map<String, String> outputs) {
  public RoutingSlip {
    stages = stages == null ? List.of() : List.copyOf(stages);
    // Sorted: ids follow from it.
    outputs = outputs == null ? null : Collections.unmodifiableMap(new TreeMap<>(outputs));
  }

  /** A slip before any of its stages. */
  public RoutingSlip(String runId, List<Stage> stages) {
    this(runId, stages, null);
  }

  /** The same run after its first remaining stage is done. */
  public RoutingSlip rest() {
    return new RoutingSlip(
        runId, stages.isEmpty() ? stages : stages.subList(1, stages.size()), outputs);
  }

  /**
   * With the model that a stage registered.
   *
   * @param stage null for a stage without a name, which no later one can name
   */
  RoutingSlip with(@Nullable String stage, String modelId) {
    if (stage == null) {
      return this;
    }
    Map<String, String> more = outputs == null ? new TreeMap<>() : new TreeMap<>(outputs);
    more.put(stage, modelId);
    return new RoutingSlip(runId, stages, more);
  }
}
