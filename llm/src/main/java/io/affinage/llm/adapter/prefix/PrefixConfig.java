package io.affinage.llm.adapter.prefix;

import io.affinage.llm.error.LlmException;

/**
 * Prefix tuning (Li and Liang 2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation"),
 * its keys and values trained themselves, not through a projection.
 *
 * @param virtualTokens that stand before every text; they count towards the model's context
 */
public record PrefixConfig(int virtualTokens) {

  public PrefixConfig {
    if (virtualTokens < 1) {
      throw new LlmException(
          "invalid_adapter",
          "prefix tuning needs at least one virtual token, not " + virtualTokens);
    }
  }
}
