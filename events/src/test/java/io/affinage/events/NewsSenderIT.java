package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import io.affinage.events.lease.kafka.JobLogWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Kafka's client waits for a topic that is gone, for seconds and at each event; nobody else does.
 */
@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
@Timeout(120)
class NewsSenderIT {
  private static final EventFactory EVENTS = new EventFactory("/test", Clock.systemUTC());
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TestBroker broker;

  @BeforeEach
  void start() {
    broker = TestBroker.start();
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void shouldNeverWaitCountWhatIsLostAndGoOnOnceTheTopicIsThere() {
    AtomicInteger lost = new AtomicInteger();
    try (NewsSender news =
        new NewsSender(connection(), Topics.TRAINING_PROGRESS, topic -> lost.incrementAndGet())) {
      for (int step = 0; step < 5_000; step++) {
        news.tell(progress(step));
      }
      // All but those that wait, and the one in hand, were pushed out by later ones.
      assertThat(lost).hasValueBetween(5_000 - 258, 5_000);

      provision(Topics.TRAINING_PROGRESS);
      List<Event<?>> read = new ArrayList<>();
      try (KafkaConsumer<String, Event<?>> consumer = consumer(Topics.TRAINING_PROGRESS)) {
        Awaitility.await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  consumer.poll(Duration.ofMillis(100)).forEach(record -> read.add(record.value()));
                  return read.stream().anyMatch(event -> step(event) == 4_999);
                });
      }
      assertThat(read).hasSize(5_000 - lost.get());
    }
  }

  @Test
  void shouldRefuseWhatDoesNotBelongOnTheTopic() {
    try (NewsSender news = new NewsSender(connection(), Topics.TRAINING_PROGRESS, topic -> {})) {
      assertThatThrownBy(() -> news.tell(EVENTS.create(new TrainingHeartbeat("job", 1, "w", 1))))
          .isInstanceOf(EventException.class);
    }
  }

  @Test
  void shouldKeepTheOrderOfEntriesThatWaitForTheLog() {
    List<JobLogUnavailableException> failures = new ArrayList<>();
    try (JobLogWriter log = new JobLogWriter(connection(), JobLog.TRAINING)) {
      for (int step = 0; step < 300; step++) {
        log.offer(EVENTS.create(checkpoint(step)), failures::add);
      }
      assertThatThrownBy(
              () ->
                  log.append(
                      EVENTS.create(new TrainingHeartbeat("job", 1, "w", 300)),
                      Duration.ofMillis(50)))
          .isInstanceOf(JobLogUnavailableException.class)
          .hasMessageContaining("no answer in time");

      provision(Topics.TRAINING_LOG);
      log.append(EVENTS.create(new TrainingReleased("job", 1, "w", "done")));

      List<Event<?>> read = new ArrayList<>();
      try (KafkaConsumer<String, Event<?>> consumer = consumer(Topics.TRAINING_LOG)) {
        Awaitility.await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  consumer.poll(Duration.ofMillis(100)).forEach(record -> read.add(record.value()));
                  return !read.isEmpty()
                      && read.get(read.size() - 1).data() instanceof TrainingReleased;
                });
      }
      // The heartbeat that nobody counts on any more was not sent late.
      assertThat(read).hasSize(301);
      assertThat(read.subList(0, 300))
          .extracting(event -> ((TrainingCheckpointed) event.data()).step())
          .containsExactlyElementsOf(IntStream.range(0, 300).boxed().toList());
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void shouldSayThatTooManyEntriesWait() {
    AtomicInteger failures = new AtomicInteger();
    try (JobLogWriter log = new JobLogWriter(connection(), JobLog.TRAINING)) {
      for (int step = 0; step < 1_500; step++) {
        log.offer(EVENTS.create(checkpoint(step)), failure -> failures.incrementAndGet());
      }
      assertThat(failures).hasValueBetween(499, 500);
    }
    assertThat(failures).as("closing tells the rest").hasValue(1_500);
  }

  private static Event<TrainingProgressed> progress(int step) {
    return EVENTS.create(
        new TrainingProgressed("job", 1, "w", step, 5_000, 1.0, 1e-4, step, 1.0, 1.0, null));
  }

  private static int step(Event<?> event) {
    return ((TrainingProgressed) event.data()).step();
  }

  private static TrainingCheckpointed checkpoint(int step) {
    return new TrainingCheckpointed("job", 1, "w", step, ExampleEvents.FOLDER, 1.0);
  }

  private void provision(Topic topic) {
    try (Admin admin = Admin.create(connection())) {
      assertThat(new TopicProvisioner(admin, 1, 1).provision(List.of(topic)).created()).hasSize(1);
    }
  }

  private KafkaConsumer<String, Event<?>> consumer(Topic topic) {
    KafkaConsumer<String, Event<?>> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection()),
            new StringDeserializer(),
            new EventDeserializer());
    TopicPartition partition = new TopicPartition(topic.name(), 0);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    return consumer;
  }

  private Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }
}
