package io.affinage.eval.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.eval.EvaluationException;
import io.affinage.eval.job.AwaitedModels;
import io.affinage.eval.job.EvaluationBoard;
import io.affinage.eval.job.EvaluationView;
import io.affinage.eval.job.ModelBoard;
import io.affinage.eval.kafka.EvaluationTopics;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.serving.ServedModels;
import io.affinage.eval.wire.Plans;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.Topic;
import io.affinage.events.lease.JobState;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/**
 * Whatever lies on the topics that an evaluator reads is applied or refused; afterwards every
 * evaluation and model can still be shown and considered for work, and a good request is answered.
 */
class HostileRecordsTest {
  private static final int OF_EACH_EXAMPLE = 80;

  private final ObjectMapper json = new ObjectMapper();
  private final EvaluationBoard board = new EvaluationBoard();
  private final ModelBoard models = new ModelBoard();
  private final EvaluationTopics topics = new EvaluationTopics(board, models);
  private int applied;
  private int refused;

  @Test
  void shouldApplyOrRefuseEveryRecordAndGoOn() throws Exception {
    for (Topic topic : EvaluationTopics.TOPICS) {
      HostileRecords hostility = new HostileRecords(topic.name().hashCode());
      for (ProducerRecord<byte[], byte[]> example : ExampleRecords.of(topic.name())) {
        Stream.concat(hostility.each(example), hostility.some(example, OF_EACH_EXAMPLE))
            .forEach(hostile -> take(hostile.kind(), hostile.record()));
        String id = "good-" + applied;
        take("good", request(id));
        assertThat(board.open()).extracting(EvaluationView::id).contains(id);
      }
    }
    assertThat(applied).isGreaterThan(500);
    assertThat(refused).isGreaterThan(500);
    AwaitedModels awaited =
        new AwaitedModels(
            id -> models.find(id).isPresent(), Duration.ofMinutes(1), System::nanoTime);
    for (EvaluationView view : board.all()) {
      awaited.mayCome(view.request().data());
      json.writeValueAsBytes(
          EvaluationCard.of(view, JobState.initial(), awaited.of(view.request().data())));
      consider(view.request().data());
    }
    for (ServedModels.Served served : new ServedModels(models).all()) {
      json.writeValueAsBytes(ModelObject.of(served));
      new ServedModels(models).find(served.id());
    }
  }

  private void take(String kind, ProducerRecord<byte[], byte[]> sent) {
    ConsumerRecord<byte[], byte[]> record = HostileRecords.asRead(sent);
    try {
      if (record.value() != null) {
        Event<?> event = EventCodec.decode(record);
        topics.event(event, record);
        applied++;
      }
    } catch (EventException e) {
      refused++;
    } catch (Throwable e) {
      throw new AssertionError(kind, e);
    }
  }

  private static void consider(EvaluationRequested request) {
    try {
      Plans.from(request.spec());
      Plans.reward(request.spec(), Metrics.EXACT_MATCH);
      Plans.reward(request.spec(), Metrics.REWARD);
    } catch (EvaluationException e) {
      assertThat(e.code()).isNotBlank();
    } catch (RuntimeException e) {
      throw new AssertionError(request.toString(), e);
    }
  }

  private static ProducerRecord<byte[], byte[]> request(String id) {
    ProducerRecord<byte[], byte[]> example = ExampleRecords.of("evaluation.requested").get(0);
    String json = new String(example.value(), UTF_8);
    String key = new String(example.key(), UTF_8);
    return ExampleRecords.record(
        "evaluation.requested",
        "io.affinage.evaluation.requested.v1",
        id,
        json.replace("\"evaluationId\":\"" + key + "\"", "\"evaluationId\":\"" + id + "\""));
  }
}
