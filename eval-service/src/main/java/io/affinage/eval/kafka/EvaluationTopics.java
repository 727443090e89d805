package io.affinage.eval.kafka;

import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.ModelBoard;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.RequestRules;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicListener;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the topics, beside the evaluation log, say to the boards. */
public record EvaluationTopics(EvaluationBoard board, ModelBoard models) implements TopicListener {
  /** The topics. */
  public static final List<Topic> TOPICS =
      List.of(
          Topics.EVALUATION_REQUESTED,
          Topics.EVALUATION_COMPLETED,
          Topics.MODEL_REGISTERED,
          Topics.MODEL_PROMOTED,
          Topics.MODEL_REJECTED);

  @Override
  public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    Instant time = Instant.ofEpochMilli(record.timestamp());
    if (event.data() instanceof EvaluationRequested) {
      RequestRules.require(event);
      board.requested(event.as(EvaluationRequested.class), record.timestamp());
    } else if (event.data() instanceof EvaluationCompleted completed) {
      board.ended(completed);
      models.measured(completed, time);
    } else if (event.data() instanceof EvaluationFailed failed) {
      board.ended(failed);
    } else if (event.data() instanceof ModelRegistered registered) {
      models.registered(registered);
    } else if (event.data() instanceof ModelPromoted || event.data() instanceof ModelRejected) {
      models.decided(event, time);
    }
  }
}
