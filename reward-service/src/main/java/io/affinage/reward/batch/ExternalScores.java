package io.affinage.reward.batch;

import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.reward.scoring.InvalidRewardException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Where programs of the user's are asked. */
@FunctionalInterface
public interface ExternalScores {

  /**
   * A question.
   *
   * @param topic where the program reads
   * @param timeout of one asking
   * @param retries how often it is asked again
   */
  record Question(String topic, RewardExternalRequested request, Duration timeout, int retries) {}

  /**
   * Asks, unless the same was asked already. Does not wait.
   *
   * @return the first answer that was recorded, or one with the error {@code external_timeout}
   * @throws InvalidRewardException {@code unknown_topic} and the like
   */
  CompletableFuture<RewardExternalScored> ask(Question question);
}
