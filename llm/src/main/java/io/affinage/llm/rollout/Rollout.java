package io.affinage.llm.rollout;

import io.affinage.llm.generation.GeneratedTokens;

/**
 * An answer that the model gave while it was trained.
 *
 * @param prompt which of the prompts it answers
 * @param sample its place among the prompt's answers
 * @param answer with the log-probabilities by which it was sampled
 */
public record Rollout(RolloutPrompt prompt, int sample, GeneratedTokens answer) {

  /** Names it in errors. */
  public String id() {
    return prompt.id() + "#" + sample;
  }
}
