package io.affinage.llm.generation;

import java.util.List;
import java.util.Set;

/**
 * What to generate.
 *
 * @param prompts token ids of each prompt, none empty
 * @param maxNewTokens longest continuation, in tokens
 * @param stopTokens generation of a row ends with the first of these; it is part of the result's
 *     ids
 * @param sampling how tokens are chosen
 * @param firstRow number of the first prompt among those that share the sampling's seed: a row
 *     draws by its number, in whatever batch it is
 */
public record GenerationRequest(
    List<int[]> prompts,
    int maxNewTokens,
    Set<Integer> stopTokens,
    Sampling sampling,
    int firstRow) {
  public GenerationRequest {
    prompts = List.copyOf(prompts);
    stopTokens = Set.copyOf(stopTokens);
  }

  /** All prompts that share a seed. */
  public GenerationRequest(
      List<int[]> prompts, int maxNewTokens, Set<Integer> stopTokens, Sampling sampling) {
    this(prompts, maxNewTokens, stopTokens, sampling, 0);
  }
}
