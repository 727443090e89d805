package io.affinage.events.lease.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventDeserializer;
import io.affinage.events.EventFactory;
import io.affinage.events.EventSerializer;
import io.affinage.events.ExampleEvents;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.PolicyUpdated;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobProgress;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.LeaseLostException;
import io.affinage.events.lease.LogClock;
import io.affinage.events.lease.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
@TestInstance(Lifecycle.PER_CLASS)
class LeaseIT {
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PARTITIONS = 2;

  private TestBroker broker;
  private final List<Worker> workers = new ArrayList<>();

  @BeforeAll
  void startBroker() {
    Awaitility.setDefaultTimeout(PATIENCE);
    broker = TestBroker.start();
    try (Admin admin = Admin.create(connection())) {
      new TopicProvisioner(admin, PARTITIONS, 1).provision();
    }
  }

  @AfterEach
  void stopWorkers() {
    workers.forEach(Worker::close);
    workers.clear();
  }

  @AfterAll
  void stopBroker() {
    Awaitility.reset();
    if (broker != null) {
      broker.close();
    }
  }

  @Test
  void shouldLetOneOfTwoWorkersWinAndTheOtherSeeIt() {
    Worker a = worker("a", LONG);
    Worker b = worker("b", LONG);

    JobAttempt won = a.claim("one-wins").orElseThrow();
    b.reader.catchUp(PATIENCE);

    assertThat(b.claim("one-wins")).isEmpty();
    assertThat(b.reader.state("one-wins").isHeldBy(1, "a")).isTrue();
    assertThat(won.isHeld()).isTrue();
    won.close();
  }

  @Test
  void shouldTakeOverFromASilentWorkerAndFenceItsEnd() {
    Worker a = worker("a", SHORT);
    Worker b = worker("b", LONG);
    ArtifactRef checkpoint = new ArtifactRef("sha256:x", ArtifactRef.Kind.FOLDER, 1);
    JobAttempt zombie = a.claim("take-over").orElseThrow();
    a.append(new TrainingCheckpointed("take-over", 1, "a", 5, checkpoint, null));

    JobAttempt heir =
        Awaitility.await().until(() -> b.claim("take-over"), won -> won.isPresent()).get();

    assertThat(heir.attempt()).isEqualTo(2);
    assertThat(heir.state().progress().checkpoint())
        .isEqualTo(new JobProgress.Checkpoint(5, checkpoint, 1));
    assertThatThrownBy(() -> zombie.publish(rollouts(a, "take-over", 1)))
        .isInstanceOf(LeaseLostException.class);
    heir.publish(rollouts(b, "take-over", 2));
    assertThatThrownBy(() -> end(zombie, a)).isInstanceOf(LeaseLostException.class);
    a.append(new TrainingHeartbeat("take-over", 1, "a", 6));
    end(heir, b);

    assertThat(failedAttempts("take-over")).containsExactly(2);
    a.reader.catchUp(PATIENCE);
    assertThat(a.reader.state("take-over"))
        .isInstanceOfSatisfying(
            JobState.Failed.class, failed -> assertThat(failed.attempt()).isEqualTo(2));
    assertThat(a.changes)
        .filteredOn(change -> change.event().data() instanceof TrainingHeartbeat)
        .extracting(JobLogChange::verdict)
        .containsExactly(Verdict.STALE_ATTEMPT);
    zombie.close();
    heir.close();
  }

  private static List<ProducerRecord<String, Event<?>>> rollouts(
      Worker worker, String jobId, int attempt) {
    return List.of(
        Topics.TRAINING_ROLLOUTS.record(
            worker.events.create(
                new PolicyUpdated(jobId, attempt, "w", 0, "sha256:a", "sha256:b"))));
  }

  @Test
  void shouldNotStartAnAttemptOfAJobThatAnEarlierOneEndedMeanwhile() {
    Worker a = worker("a", SHORT);
    Worker b = worker("b", LONG);
    JobAttempt first = a.claim("ended-meanwhile").orElseThrow();
    Awaitility.await().until(() -> b.reader.state("ended-meanwhile").isClaimable(b.reader.time()));
    // The second attempt is won on the log, but its worker stalls before it fences the first.
    b.append(JobLog.TRAINING.claim("ended-meanwhile", 2, "b", LONG));
    b.reader.catchUp(PATIENCE);
    assertThat(b.reader.state("ended-meanwhile").isHeldBy(2, "b")).isTrue();
    end(first, a);

    assertThatThrownBy(
            () ->
                JobAttempt.open(connection(), JobLog.TRAINING, b.reader, "ended-meanwhile", 2, "b"))
        .isInstanceOf(LeaseLostException.class);
    assertThat(failedAttempts("ended-meanwhile")).containsExactly(1);
    first.close();
  }

  @Test
  void shouldEndItsJobEvenWhenALateLoserFencedIt() {
    Worker a = worker("a", SHORT);
    Worker b = worker("b", LONG);
    JobAttempt stalled = a.claim("late-loser").orElseThrow();
    JobAttempt holder =
        Awaitility.await().until(() -> b.claim("late-loser"), won -> won.isPresent()).get();
    assertThatThrownBy(
            () -> JobAttempt.open(connection(), JobLog.TRAINING, a.reader, "late-loser", 1, "a"))
        .isInstanceOf(LeaseLostException.class);

    end(holder, b);

    assertThat(failedAttempts("late-loser")).containsExactly(2);
    stalled.close();
    holder.close();
  }

  @Test
  void shouldShowNothingOfAnEndThatCannotBeWritten() {
    Worker a = worker("a", LONG);
    JobAttempt attempt = a.claim("bad-end").orElseThrow();
    Event<TrainingFailed> good = a.events.create(failed(attempt));
    Event<?> bad = a.events.create(new TrainingFailed("bad-end", 1, null, error(), null));

    assertThatThrownBy(
            () -> attempt.end(good, List.of(new ProducerRecord<>("training.failed", "x", bad))))
        .hasMessageContaining("workerId");
    assertThatThrownBy(
            () -> attempt.end(a.events.create(new TrainingCancelled("other", 1, "a")), List.of()))
        .isInstanceOf(IllegalArgumentException.class);

    a.reader.catchUp(PATIENCE);
    assertThat(attempt.isHeld()).isTrue();
    end(attempt, a);
    assertThat(failedAttempts("bad-end")).containsExactly(1);
    attempt.close();
  }

  @Test
  void shouldPauseResumeAndCancelThroughTheLog() {
    Worker a = worker("a", LONG);
    JobAttempt attempt = a.claim("controlled").orElseThrow();
    a.append(control("controlled", TrainingControlRequested.Action.PAUSE));
    a.reader.catchUp(PATIENCE);
    assertThat(attempt.state()).isInstanceOf(JobState.Pausing.class);
    a.append(new TrainingReleased("controlled", 1, "a", "paused"));
    a.reader.catchUp(PATIENCE);
    attempt.close();
    assertThat(a.claim("controlled")).isEmpty();
    a.append(control("controlled", TrainingControlRequested.Action.RESUME));
    a.append(control("controlled", TrainingControlRequested.Action.CANCEL));
    a.reader.catchUp(PATIENCE);

    JobAttempt last = a.claim("controlled").orElseThrow();
    assertThat(last.state()).isInstanceOf(JobState.Cancelling.class);
    Event<TrainingCancelled> cancelled =
        a.events.create(new TrainingCancelled("controlled", last.attempt(), "a"));
    last.end(cancelled, List.of(Topics.TRAINING_FAILED.record(cancelled)));
    a.reader.catchUp(PATIENCE);

    assertThat(a.reader.state("controlled")).isInstanceOf(JobState.Cancelled.class);
    last.close();
  }

  @Test
  void shouldPassOverPoisonAndCountIt() throws Exception {
    Worker a = worker("a", LONG);
    long before = a.reader.follower().skipped();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        byte[] garbage = "garbage".getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>("training.log", partition, null, garbage)).get();
      }
    }
    sendPastTheWriter(
        a.events.create(JobLog.TRAINING.claim("no-lease", 1, "a", Duration.ofSeconds(-1))));
    JobAttempt attempt = a.claim("after-poison").orElseThrow();

    assertThat(a.reader.follower().skipped() - before).isEqualTo(PARTITIONS + 1);
    assertThat(attempt.isHeld()).isTrue();
    attempt.close();
  }

  @Test
  void shouldSeeTheSameFromTheBeginningAsAllTheWay() {
    Worker a = worker("a", SHORT);
    for (int i = 0; i < 5; i++) {
      JobAttempt attempt = a.claim("same-" + i).orElseThrow();
      if (i % 2 == 0) {
        end(attempt, a);
      }
      attempt.close();
    }
    a.reader.catchUp(PATIENCE);

    Worker late = worker("late", SHORT);

    assertThat(late.reader.isReady()).isTrue();
    assertThat(late.reader.snapshot()).isEqualTo(a.reader.snapshot());
  }

  @Test
  void shouldSurviveABrokerRestartInTheMiddleOfAnAttempt() {
    assumeTrue(broker.canRestart(), "skipped: a container's broker cannot restart on its port");
    Worker a = worker("a", LONG);
    JobAttempt attempt = a.claim("restart").orElseThrow();

    broker.restart();

    Awaitility.await()
        .ignoreExceptionsInstanceOf(JobLogUnavailableException.class)
        .untilAsserted(() -> a.append(new TrainingHeartbeat("restart", 1, "a", 1)));
    end(attempt, a);
    a.reader.catchUp(PATIENCE);
    assertThat(a.reader.state("restart")).isInstanceOf(JobState.Failed.class);
    assertThat(failedAttempts("restart")).containsExactly(1);
    attempt.close();
  }

  private void sendPastTheWriter(Event<?> event) throws Exception {
    try (KafkaProducer<String, Event<?>> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection()), new StringSerializer(), new EventSerializer())) {
      producer.send(Topics.TRAINING_LOG.record(event)).get();
    }
  }

  private static TrainingControlRequested control(
      String jobId, TrainingControlRequested.Action action) {
    return new TrainingControlRequested(jobId, action);
  }

  private static ErrorDetail error() {
    return new ErrorDetail("test", "an end is an end", null);
  }

  private static TrainingFailed failed(JobAttempt attempt) {
    return new TrainingFailed(
        attempt.jobId(), attempt.attempt(), attempt.workerId(), error(), null);
  }

  private static void end(JobAttempt attempt, Worker worker) {
    Event<TrainingFailed> terminal = worker.events.create(failed(attempt));
    attempt.end(terminal, List.of(Topics.TRAINING_FAILED.record(terminal)));
  }

  /** The attempts whose failure of a job is visible on the public topic. */
  private List<Integer> failedAttempts(String jobId) {
    Topic topic = Topics.TRAINING_FAILED;
    try (KafkaConsumer<String, Event<?>> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection()),
            new StringDeserializer(),
            new EventDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, PARTITIONS)
              .mapToObj(partition -> new TopicPartition(topic.name(), partition))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      List<Integer> attempts = new ArrayList<>();
      Awaitility.await()
          .until(
              () -> {
                consumer
                    .poll(Duration.ofMillis(100))
                    .forEach(
                        record -> {
                          if (record.value().data() instanceof TrainingFailed failed
                              && failed.jobId().equals(jobId)) {
                            attempts.add(failed.attempt());
                          }
                        });
                return ends.entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
              });
      return attempts;
    }
  }

  private Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private Worker worker(String id, Duration lease) {
    Worker worker = new Worker(connection(), id, lease);
    workers.add(worker);
    worker.reader.awaitReady(PATIENCE);
    return worker;
  }

  /** What a service has. */
  private static final class Worker {
    private final EventFactory events = new EventFactory("/affinage/test", Clock.systemUTC());
    private final List<JobLogChange> changes = new CopyOnWriteArrayList<>();
    private final JobLogReader reader;
    private final JobLogWriter writer;
    private final JobClaimer claimer;

    Worker(Map<String, Object> connection, String id, Duration lease) {
      reader = JobLogReader.start(connection, JobLog.TRAINING, new LogClock(), changes::add);
      writer = new JobLogWriter(connection, JobLog.TRAINING);
      claimer = new JobClaimer(connection, JobLog.TRAINING, reader, writer, events, id, lease);
    }

    Optional<JobAttempt> claim(String jobId) {
      return claimer.claim(
          events.create(
              new TrainingRequested(
                  jobId,
                  "owner/name",
                  null,
                  null,
                  ExampleEvents.SPARSE_SPEC,
                  null,
                  null,
                  null,
                  "file",
                  null,
                  null)));
    }

    void append(EventData data) {
      writer.append(events.create(data));
    }

    void close() {
      writer.close();
      reader.close();
    }
  }
}
