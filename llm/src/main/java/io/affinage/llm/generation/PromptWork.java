package io.affinage.llm.generation;

/**
 * What prompts cost.
 *
 * @param given tokens of all prompts
 * @param computed tokens that were computed: beginnings that prompts of a batch share count once
 */
public record PromptWork(long given, long computed) {
  static final PromptWork NONE = new PromptWork(0, 0);

  PromptWork plus(long given, long computed) {
    return new PromptWork(this.given + given, this.computed + computed);
  }
}
