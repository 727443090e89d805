package io.affinage.llm.rollout;

import static io.affinage.llm.error.Hyperparameters.require;

import java.util.Set;

/**
 * How answers are sampled, compared and learned. They are sampled from the whole distribution,
 * whose log-probabilities at the temperature are those that training computes.
 *
 * @param promptsPerStep prompts that are answered at a time; the last of an epoch may be fewer
 * @param groupSize answers to each
 * @param updates optimizer steps that learn from the same answers
 * @param maxNewTokens longest answer, tokens
 * @param stopTokens an answer ends with the first of these
 * @param temperature of sampling, and of all log-probabilities that are compared
 * @param masksTruncated whether answers that were cut at the longest are left out of the loss and
 *     of all that it is divided by
 * @param advantage what scores make of the answers
 * @param seed of the order of prompts, of the answers, and of mini-batches
 */
public record RolloutSettings(
    int promptsPerStep,
    int groupSize,
    Updates updates,
    int maxNewTokens,
    Set<Integer> stopTokens,
    double temperature,
    boolean masksTruncated,
    AdvantageRule advantage,
    long seed) {

  /**
   * Optimizer steps that learn from the same answers.
   *
   * @param epochs how often each answer is learned from
   * @param miniBatches parts of the answers, in another order each time, of which each is a step
   */
  public record Updates(int epochs, int miniBatches) {
    public Updates {
      require(epochs >= 1, "epochs", "1 or more", epochs);
      require(miniBatches >= 1, "miniBatches", "1 or more", miniBatches);
    }

    int count() {
      return epochs * miniBatches;
    }
  }

  public RolloutSettings {
    stopTokens = Set.copyOf(stopTokens);
    require(promptsPerStep >= 1, "promptsPerStep", "1 or more", promptsPerStep);
    require(
        groupSize >= advantage.leastGroup(),
        "groupSize",
        advantage.leastGroup() + " or more: a group of one has no advantage",
        groupSize);
    require(
        updates.miniBatches() <= promptsPerStep,
        "miniBatches",
        "at most the prompts of a step, " + promptsPerStep,
        updates.miniBatches());
    require(maxNewTokens >= 1, "maxNewTokens", "1 or more", maxNewTokens);
    require(temperature > 0 && temperature <= 100, "temperature", "in (0, 100]", temperature);
  }

  /** Answers at temperature 1, all of which count, learned as a whole. */
  public RolloutSettings(
      int promptsPerStep,
      int groupSize,
      int iterations,
      int maxNewTokens,
      Set<Integer> stopTokens,
      GroupComparison.Estimator estimator,
      long seed) {
    this(
        promptsPerStep,
        groupSize,
        new Updates(iterations, 1),
        maxNewTokens,
        stopTokens,
        1,
        false,
        GroupComparison.of(estimator),
        seed);
  }
}
