package io.affinage.events.follow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.TestBroker;
import io.affinage.events.Event;
import io.affinage.events.Intake;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
class PoisonFilterIT {
  private static final Topic TOPIC = Topics.TRAINING_REQUESTED;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void shouldKeepARecordUntilItsDeadLetterIsWritten() throws Exception {
    try (TestBroker broker = TestBroker.start();
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      Map<String, Object> connection = Map.of("bootstrap.servers", broker.bootstrapServers());
      TopicProvisioner topics = new TopicProvisioner(admin, 1, 1);
      topics.provision(List.of(TOPIC));
      send(connection, new ProducerRecord<>(TOPIC.name(), "poison".getBytes(UTF_8), new byte[9]));
      send(connection, ExampleRecords.of(TOPIC.name()).get(0));
      List<String> told = new CopyOnWriteArrayList<>();
      try (PoisonFilter filter =
          new PoisonFilter(
              connection,
              "test",
              TOPIC,
              record -> Intake.of(TOPIC, TrainingRequested.class, record),
              (intake, record) -> told.add(intake.getClass().getSimpleName()),
              Duration.ofSeconds(2))) {
        filter.start();

        // The topic of the dead letters is missing.
        await().atMost(PATIENCE).until(() -> filter.restarts() >= 2);
        assertThat(filter.trouble()).get().asString().contains("training.requested.dlq");
        assertThat(told).isEmpty();
        topics.provision(List.of(TOPIC.deadLetter()));

        await().atMost(PATIENCE).until(() -> told.size() == 2);
        assertThat(told).containsExactly("Refused", "Accepted");
        await().atMost(PATIENCE).until(() -> filter.trouble().isEmpty());
        assertThat(letters(connection)).containsExactly("poison");
      }
    }
  }

  private static List<String> letters(Map<String, Object> connection) {
    List<String> keys = new CopyOnWriteArrayList<>();
    try (TopicReader reader =
        new TopicReader(connection, List.of(TOPIC.deadLetter()), new Keys(keys))) {
      reader.catchUp(PATIENCE);
    }
    return keys;
  }

  private record Keys(List<String> keys) implements TopicListener {
    @Override
    public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
      throw new AssertionError("no dead letter is an event");
    }

    @Override
    public void deadLetter(ConsumerRecord<byte[], byte[]> record) {
      keys.add(new String(record.key(), UTF_8));
    }
  }

  private static void send(Map<String, Object> connection, ProducerRecord<byte[], byte[]> record)
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(record).get();
    }
  }
}
