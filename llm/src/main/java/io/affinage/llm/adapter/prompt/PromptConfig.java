package io.affinage.llm.adapter.prompt;

import io.affinage.llm.error.LlmException;

/**
 * Prompt tuning (Lester et al. 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning").
 *
 * @param virtualTokens that stand before every text; they count towards the model's context
 * @param initialisation what their embeddings begin with
 */
public record PromptConfig(int virtualTokens, PromptInitialisation initialisation) {

  public PromptConfig {
    if (virtualTokens < 1) {
      throw new LlmException(
          "invalid_adapter",
          "prompt tuning needs at least one virtual token, not " + virtualTokens);
    }
  }
}
