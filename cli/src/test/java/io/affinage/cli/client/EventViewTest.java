package io.affinage.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import java.time.Clock;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Views follow the rule of the leases: the first claim of an attempt in log order wins. */
class EventViewTest {
  private static final long LEASE = 1_000;

  private final EventView view = new EventView();
  private final EventFactory events = new EventFactory("/affinage/test", Clock.systemUTC());

  @Test
  void shouldNotTakeAClaimThatLostForATakeover() {
    assertThat(log(0, new TrainingClaimed("j", 1, "a", LEASE))).isTrue();
    assertThat(log(1, new TrainingClaimed("j", 1, "b", LEASE))).isFalse();
    assertThat(log(2, new TrainingClaimed("j", 2, "b", LEASE))).isFalse();
    assertThat(log(3, new TrainingHeartbeat("j", 1, "b", 1))).isFalse();

    assertThat(job().attempt()).isEqualTo(1);
    assertThat(job().workerId()).isEqualTo("a");
    assertThat(view.isOfLoser("j", 1, "b")).isTrue();
    assertThat(view.isOfLoser("j", 1, "a")).isFalse();
  }

  @Test
  void shouldIgnoreAWorkerThatWakesAfterItsLease() {
    log(0, new TrainingClaimed("j", 1, "a", LEASE));
    progress(new TrainingProgressed("j", 1, "a", 5, 10, 1.0, null, 9, null, null, null));
    log(LEASE, new TrainingClaimed("j", 2, "b", LEASE));
    assertThat(job().progress()).isNull();

    assertThat(log(LEASE + 1, new TrainingClaimed("j", 2, "a", LEASE))).isFalse();
    assertThat(log(LEASE + 2, new TrainingReleased("j", 1, "a", "late"))).isFalse();
    progress(new TrainingProgressed("j", 1, "a", 6, 10, 1.0, null, 9, null, null, null));

    assertThat(job().attempt()).isEqualTo(2);
    assertThat(job().workerId()).isEqualTo("b");
    assertThat(job().progress()).isNull();
    assertThat(job().status()).isEqualTo(JobView.Status.RUNNING);
  }

  @Test
  void shouldTakeProgressThatIsReadBeforeItsClaim() {
    TrainingProgressed early =
        new TrainingProgressed("j", 1, "a", 5, 10, 1.0, null, 9, null, null, null);
    progress(early);
    assertThat(job().progress()).isNull();

    log(0, new TrainingClaimed("j", 1, "a", LEASE));

    assertThat(job().progress()).isEqualTo(early);
  }

  @Test
  void shouldShowTheProgressOfAnEvaluationsHolderAlone() {
    String run = "run-1";
    read(Topics.EVALUATION_LOG, 0, new EvaluationClaimed("e", 1, "a", LEASE), run);
    read(Topics.EVALUATION_LOG, 1, new EvaluationProgressed("e", 1, "a", "base", 3, 9), run);
    read(Topics.EVALUATION_LOG, 2, new EvaluationClaimed("e", 1, "b", LEASE), run);
    read(Topics.EVALUATION_LOG, 3, new EvaluationProgressed("e", 1, "b", "base", 8, 9), run);

    assertThat(view.run(run).orElseThrow().evaluationProgress())
        .map(EvaluationProgressed::done)
        .contains(3);
  }

  private JobView job() {
    return view.job("j").orElseThrow();
  }

  private boolean log(long time, EventData data) {
    return read(Topics.TRAINING_LOG, time, data, null);
  }

  private void progress(TrainingProgressed data) {
    read(Topics.TRAINING_PROGRESS, 0, data, null);
  }

  private boolean read(Topic topic, long time, EventData data, String runId) {
    return view.accept(
        events.create(data, runId),
        new ConsumerRecord<>(
            topic.name(),
            0,
            0,
            time,
            TimestampType.LOG_APPEND_TIME,
            -1,
            -1,
            null,
            null,
            new RecordHeaders(),
            Optional.empty()));
  }
}
