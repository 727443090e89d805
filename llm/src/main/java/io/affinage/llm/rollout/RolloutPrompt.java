package io.affinage.llm.rollout;

/**
 * A question that is answered in training.
 *
 * @param id names it for rewards and in errors
 * @param ids its tokens, as the model reads them up to where the answer begins
 */
public record RolloutPrompt(String id, int[] ids) {
  public RolloutPrompt {
    if (ids.length == 0) {
      throw new IllegalArgumentException("prompt " + id + " has no tokens");
    }
  }
}
