package io.affinage.trainer.kafka;

import io.affinage.events.EventFactory;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.reward.RewardClient;
import io.affinage.trainer.engine.AnswerScorer;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Asks the reward service. */
public final class KafkaAnswerScorer implements AnswerScorer {
  private final Map<String, Object> connection;
  private final RewardClient.Timing timing;
  private final EventFactory events =
      new EventFactory("/affinage/trainer-service", Clock.systemUTC());

  public KafkaAnswerScorer(Map<String, Object> connection, RewardClient.Timing timing) {
    this.connection = Map.copyOf(connection);
    this.timing = timing;
  }

  @Override
  public List<OptionalDouble> score(RewardSpec reward, List<RewardRequested.Item> answers) {
    Map<String, RewardScored.Score> scores =
        new RewardClient(connection, events::create, reward, timing, () -> {}).score(answers);
    return answers.stream()
        .map(answer -> scores.get(answer.itemId()))
        .map(
            score ->
                score == null || score.value() == null
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(score.value()))
        .toList();
  }
}
