package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventException;
import io.affinage.events.Intake;
import io.affinage.events.RequestRules;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.Understanding;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.trainer.job.JobBoard;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What is an acceptable request; the one place that decides it. */
public final class TrainingRequests {
  private static final String GROUP = "trainer-service";

  private final JobBoard board;
  private final Counter deadLetters;
  private final Counter duplicates;

  private TrainingRequests(JobBoard board, MeterRegistry metrics) {
    String topic = Topics.TRAINING_REQUESTED.name();
    this.board = board;
    this.deadLetters = metrics.counter("affinage.events.deadletter", "topic", topic);
    this.duplicates = metrics.counter("affinage.events.duplicates", "topic", topic);
  }

  /**
   * Puts aside what is no request, and counts what was requested before.
   *
   * @param connection bootstrap servers and security
   */
  public static PoisonFilter filter(
      Map<String, Object> connection, JobBoard board, MeterRegistry metrics) {
    return new PoisonFilter(
        connection,
        GROUP,
        Topics.TRAINING_REQUESTED,
        TrainingRequests::read,
        new TrainingRequests(board, metrics)::count);
  }

  static Intake<TrainingRequested> read(ConsumerRecord<byte[], byte[]> record) {
    return Intake.of(
        Topics.TRAINING_REQUESTED, TrainingRequested.class, TrainingRequests::check, record);
  }

  private void count(Intake<? extends EventData> intake, ConsumerRecord<byte[], byte[]> record) {
    if (intake instanceof Intake.Accepted<?> accepted) {
      board
          .find(accepted.request().data().key())
          .filter(job -> job.requestedAt() < record.timestamp())
          .ifPresent(job -> duplicates.increment());
    } else {
      deadLetters.increment();
    }
  }

  /**
   * @throws EventException for a request that no worker could even end
   */
  public static void check(Event<TrainingRequested> request) {
    RequestRules.require(request);
    boolean saysNoData =
        request.data().dataset() == null && request.data().datasetSubmissionId() == null;
    if (saysNoData && Understanding.refusal(request).isEmpty()) {
      throw new EventException(
          "invalid_event_data", "neither dataset nor datasetSubmissionId says what to train on");
    }
  }
}
