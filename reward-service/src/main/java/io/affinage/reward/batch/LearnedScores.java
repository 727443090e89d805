package io.affinage.reward.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.events.NormalRow;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.Score;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where reward models are asked. */
@FunctionalInterface
public interface LearnedScores {

  /**
   * What is scored.
   *
   * @param prompt null where there is none, which cannot be scored
   * @param completion null where there is none, which cannot be scored
   * @param messages the conversation whose last turn the prompt is; null where the prompt is all of
   *     it
   * @param tools of the conversation; null for none
   */
  record Text(
      String prompt,
      String completion,
      List<NormalRow.ChatMessage> messages,
      List<JsonNode> tools) {
    /** An answer to one turn. */
    public Text(String prompt, String completion) {
      this(prompt, completion, null, null);
    }
  }

  /**
   * Asks. Does not wait.
   *
   * @param model the id of a registered reward model
   * @return one score a text, in their order; fails with an {@link InvalidRewardException} when the
   *     model cannot be used, and with an {@link UnavailableException} when it cannot now
   * @throws InvalidRewardException when the id is none
   * @throws UnavailableException {@code busy} when too much waits already
   */
  CompletableFuture<List<Score>> ask(String model, List<Text> texts);
}
