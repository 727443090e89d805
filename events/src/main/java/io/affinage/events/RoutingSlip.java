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
 * @param policy the id of the last model before them that is no reward model; null where the stage
 *     before says it
 */
public record RoutingSlip(
    String runId,
    @JsonProperty(defaultValue = "[]") List<Stage> stages,
    @Nullable Map<String, String> outputs,
    @Nullable String policy) {
  public RoutingSlip {
    stages = stages == null ? List.of() : List.copyOf(stages);
    // Sorted: ids follow from it.
    outputs = outputs == null ? null : Collections.unmodifiableMap(new TreeMap<>(outputs));
  }

  /** A slip before any of its stages. */
  public RoutingSlip(String runId, List<Stage> stages) {
    this(runId, stages, null, null);
  }

  /** The same run after its first remaining stage is done. */
  public RoutingSlip rest() {
    return new RoutingSlip(
        runId, stages.isEmpty() ? stages : stages.subList(1, stages.size()), outputs, policy);
  }

  /** With the model that a training registered. */
  RoutingSlip with(TrainingRequested training, String modelId) {
    Map<String, String> more = outputs;
    // What no name is given to, no later stage can name.
    if (training.stage() != null) {
      more = outputs == null ? new TreeMap<>() : new TreeMap<>(outputs);
      more.put(training.stage(), modelId);
    }
    return new RoutingSlip(runId, stages, more, policyAfter(training, modelId));
  }

  /** Said only where a reward model comes between a model and those that go on from it. */
  private @Nullable String policyAfter(TrainingRequested training, String modelId) {
    if (LearnedRewards.isMadeBy(training.spec())) {
      return policy;
    }
    boolean between =
        stages.stream()
            .anyMatch(
                stage ->
                    stage instanceof Stage.Train train && LearnedRewards.isMadeBy(train.spec()));
    return between ? modelId : null;
  }
}
