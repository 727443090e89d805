package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The stages that remain of a run. The service that finishes a stage emits the request of the next
 * one and hands the rest on, so no orchestrator exists.
 *
 * @param runId the run that all events of it share (CloudEvents extension {@code correlationid})
 * @param stages what is left, in order
 */
public record RoutingSlip(String runId, @JsonProperty(defaultValue = "[]") List<Stage> stages) {
  public RoutingSlip {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** The same run after its first remaining stage is done. */
  public RoutingSlip rest() {
    return new RoutingSlip(runId, stages.isEmpty() ? stages : stages.subList(1, stages.size()));
  }
}
