package io.affinage.llm.rollout;

import io.affinage.llm.generation.Sampling;
import java.util.Arrays;
import java.util.List;

/**
 * What was sampled in an iteration.
 *
 * @param number from 0
 * @param policy digest of what was trained, as it sampled
 * @param sampling with the seed of the answers
 * @param maxNewTokens longest answer, tokens
 * @param rollouts the answers, those to a prompt together, in the order in which they are learned
 */
public record Iteration(
    int number, String policy, Sampling sampling, int maxNewTokens, List<Rollout> rollouts) {
  public Iteration {
    rollouts = List.copyOf(rollouts);
  }

  /** Whether these answer the same prompts, as often, by the same settings. */
  boolean answers(List<RolloutPrompt> prompts, Sampling by, int atMost) {
    if (!sampling.equals(by) || maxNewTokens != atMost || prompts.size() != rollouts.size()) {
      return false;
    }
    for (int i = 0; i < prompts.size(); i++) {
      RolloutPrompt own = rollouts.get(i).prompt();
      if (!own.id().equals(prompts.get(i).id())
          || !Arrays.equals(own.ids(), prompts.get(i).ids())) {
        return false;
      }
    }
    return true;
  }
}
