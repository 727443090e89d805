package io.affinage.trainer.kafka;

import io.affinage.events.EventFactory;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.reward.BatchStore;
import io.affinage.events.reward.RewardClient;
import io.affinage.trainer.engine.AnswerScorer;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InterruptException;

/** Asks the reward service. */
public final class KafkaAnswerScorer implements AnswerScorer {
  private final Map<String, Object> connection;
  private final RewardClient.Timing timing;
  private final BatchStore batches;
  private final EventFactory events =
      new EventFactory("/affinage/trainer-service", Clock.systemUTC());

  /**
   * @param batches for answers that a record does not hold
   */
  public KafkaAnswerScorer(
      Map<String, Object> connection, RewardClient.Timing timing, BatchStore batches) {
    this.connection = Map.copyOf(connection);
    this.timing = timing;
    this.batches = batches;
  }

  @Override
  public Scores score(
      RewardSpec reward,
      List<RewardRequested.Item> answers,
      Optional<Instant> sampledAt,
      Runnable whileWaiting) {
    Map<String, RewardScored.Score> scores;
    try {
      scores =
          new RewardClient(connection, events::create, reward, timing, whileWaiting, batches)
              .score(answers, sampledAt);
    } catch (InterruptException e) {
      // Whoever interrupts mostly says why, too.
      whileWaiting.run();
      throw e;
    }
    return new Scores(
        answers.stream()
            .map(answer -> scores.get(answer.itemId()))
            .map(
                score ->
                    score == null || score.value() == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(score.value()))
            .toList(),
        spreads(scores.values()));
  }

  private static Map<String, Spread> spreads(Collection<RewardScored.Score> scores) {
    return scores.stream()
        .filter(score -> score.shares() != null)
        .flatMap(score -> score.shares().stream())
        .filter(share -> share.value() != null)
        .collect(
            Collectors.groupingBy(
                RewardScored.Share::name,
                Collectors.collectingAndThen(
                    Collectors.mapping(RewardScored.Share::value, Collectors.toList()),
                    Spread::of)));
  }
}
