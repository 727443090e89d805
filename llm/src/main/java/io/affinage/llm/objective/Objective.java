package io.affinage.llm.objective;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.affinage.llm.data.Group;
import java.util.Map;
import java.util.Set;

/**
 * What a step minimises: a pure function of log-probabilities, or of scores. It reaches the model
 * by the derivative alone, as a weight on each target.
 */
public interface Objective {

  /** As recipes and {@link Objectives} name it: {@code dpo}. */
  String id();

  /** What users choose of it; a checkpoint belongs to a run that has the same. */
  default Record settings() {
    if (this instanceof Record own) {
      return own;
    }
    throw new IllegalStateException(id() + " is no record of its settings");
  }

  /** What it takes beside log-probabilities of the model that is trained. */
  default Set<Signal> needs() {
    return Set.of();
  }

  /**
   * Whether it reads the score of each sequence from a head of scores, in place of
   * log-probabilities of target tokens.
   */
  default boolean readsScores() {
    return false;
  }

  /**
   * Whether groups depend on each other (by a sort, a mean, a baseline), so that all of a step must
   * be scored before any of it can be learned from. A step then takes a second forward pass.
   */
  default boolean needsWholeBatch() {
    return false;
  }

  /**
   * Refuses a group that it cannot compare, before training begins.
   *
   * @throws io.affinage.llm.error.LlmException {@code group_does_not_fit}
   */
  void requireFit(Group group);

  /**
   * The loss of a batch. Where {@link #needsWholeBatch} is false, the values of a step's parts must
   * add up to the step's: divide by {@link ScoredBatch#step()}.
   */
  Loss of(ScoredBatch batch);

  /**
   * What is told of a step, of what its parts' metrics come to by {@link Loss#tell}: where a number
   * is no sum (a variance), it is made of sums here.
   */
  default Map<String, Double> told(Map<String, Double> sums) {
    return sums;
  }

  /** What it has learned during the run (an adaptive coefficient, say); always null for nothing. */
  default JsonNode state() {
    return NullNode.getInstance();
  }

  /** Takes back what {@link #state} gave. */
  default void restore(JsonNode state) {}

  /**
   * The weights have been moved by a step; called once for each, with what it gave as a whole, and
   * the only place where the state may change.
   */
  default void stepped(double loss, Map<String, Double> metrics) {}
}
