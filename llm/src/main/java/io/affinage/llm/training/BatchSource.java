package io.affinage.llm.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.affinage.llm.data.Group;
import io.affinage.llm.objective.Signal;
import java.util.List;
import java.util.Map;

/**
 * Gives each step its groups: rows that are there, or answers that are sampled as training goes.
 */
public interface BatchSource {

  /**
   * The groups of a step, different objects, each with at least one target token; none where there
   * is nothing to be learned from: the step is skipped then, and counted.
   *
   * @param step counted from 0; asked for in order, and once each
   * @throws StopRequestedException when the run is to stop while this waits; {@link #position} is
   *     then what it was before
   */
  List<Group> next(int step);

  /**
   * What is known beforehand of a sequence that {@link #next} gave last, for an objective that asks
   * for it: by which log-probabilities an answer was sampled, how much better than others it was.
   *
   * @param member its place in the group
   * @return each signal [targets]
   */
  default Map<Signal, float[]> known(Group group, int member) {
    return Map.of();
  }

  /**
   * A step has been made of what {@link #next} gave last, and the weights are what it left.
   *
   * @param steps made so far
   */
  default void stepped(int steps) {}

  /**
   * The temperature at which what {@link #next} gives was sampled, at which log-probabilities of
   * the model, of its reference and of the update are taken.
   */
  default double temperature() {
    return 1;
  }

  /**
   * Optimizer steps of the run.
   *
   * @param groups of one pass over what the run learns from
   */
  default int totalSteps(TrainingSettings settings, int groups) {
    return settings.totalSteps(groups);
  }

  /** Numbers by name of the groups that {@link #next} gave last, beside what their loss tells. */
  default Map<String, Double> metrics() {
    return Map.of();
  }

  /** What a checkpoint keeps beside the number of steps; always null where that says it all. */
  default JsonNode position() {
    return NullNode.getInstance();
  }

  /** Goes to where a checkpoint was written, by what {@link #position} gave then. */
  default void seek(JsonNode position) {}
}
