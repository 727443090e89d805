package io.affinage.llm.rollout;

import static io.affinage.llm.error.Hyperparameters.require;

import java.util.Set;

/**
 * How answers are sampled and compared. They are sampled at temperature 1 from the whole
 * distribution, whose log-probabilities are those that training computes.
 *
 * @param promptsPerStep prompts that an optimizer step learns from; the last of an epoch may have
 *     fewer
 * @param groupSize answers to each
 * @param iterations optimizer steps that learn from the same answers
 * @param maxNewTokens longest answer, tokens
 * @param stopTokens an answer ends with the first of these
 * @param advantage what an answer's reward is compared with
 * @param seed of the order of prompts, and of the answers
 */
public record RolloutSettings(
    int promptsPerStep,
    int groupSize,
    int iterations,
    int maxNewTokens,
    Set<Integer> stopTokens,
    Estimator advantage,
    long seed) {

  /** What an answer's reward is compared with. */
  public enum Estimator {
    /** The group's mean, in standard deviations of the group. */
    GROUP,
    /** The group's mean, in standard deviations of all answers. */
    BATCH,
    /** The group's mean. */
    UNSCALED,
    /** The mean of the group's other answers. */
    LEAVE_ONE_OUT
  }

  public RolloutSettings {
    stopTokens = Set.copyOf(stopTokens);
    require(promptsPerStep >= 1, "promptsPerStep", "1 or more", promptsPerStep);
    require(groupSize >= 2, "groupSize", "2 or more: a group of one has no advantage", groupSize);
    require(iterations >= 1, "iterations", "1 or more", iterations);
    require(maxNewTokens >= 1, "maxNewTokens", "1 or more", maxNewTokens);
  }
}
