package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.broker.EmbeddedBroker;
import io.affinage.broker.testing.TestBroker;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
class TopicProvisionerIT {

  @Test
  void shouldCreateWhatIsMissingReportWhatDiffersAndCarryEvents() throws Exception {
    try (TestBroker broker = TestBroker.start();
        Admin admin = Admin.create(connection(broker))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("dataset.ready", 1, (short) 1)
                      .configs(Map.of("cleanup.policy", "delete"))))
          .all()
          .get();
      TopicProvisioner provisioner = new TopicProvisioner(admin, 2, 1);

      TopicProvisioner.Report first = provisioner.provision();

      assertThat(first.created()).hasSize(Topics.all().size() - 1).doesNotContain("dataset.ready");
      assertThat(first.differences())
          .containsExactlyInAnyOrder(
              "dataset.ready: partitions is 1, expected 2",
              "dataset.ready: cleanup.policy is delete, expected compact");
      TopicProvisioner.Report second = provisioner.provision();
      assertThat(second.created()).isEmpty();
      assertThat(second.differences()).isEqualTo(first.differences());

      assertCarriesEvents(broker);
    }
  }

  @Test
  void shouldMakeAgainWhatWasDeletedAndNameWhatItMayNotMake() throws Exception {
    try (EmbeddedBroker broker =
            EmbeddedBroker.startTemporary(
                Map.of("create.topic.policy.class.name", NoRewards.class.getName()));
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      TopicProvisioner provisioner = new TopicProvisioner(admin, 2, 1);

      TopicProvisioner.Report first = provisioner.provision();
      List<String> ofRewards =
          Topics.all().stream()
              .map(Topic::name)
              .filter(name -> name.startsWith("reward.") && !name.endsWith(".dlq"))
              .toList();
      assertThat(first.missing()).containsOnlyKeys(ofRewards).containsKey("reward.requested");
      assertThat(first.missing().get("reward.scored")).contains("no rewards here");
      assertThat(first.created()).hasSize(Topics.all().size() - ofRewards.size());

      admin.deleteTopics(List.of("training.progress")).all().get();
      List<String> again = new ArrayList<>();
      Awaitility.await()
          .untilAsserted(
              () -> {
                again.addAll(provisioner.provision().created());
                assertThat(again).containsExactly("training.progress");
              });
      assertThat(provisioner.provision().missing()).isEqualTo(first.missing());
    }
  }

  /** Refuses some topics, as a cluster does whose owner makes them. */
  public static final class NoRewards implements CreateTopicPolicy {
    @Override
    public void validate(RequestMetadata request) {
      if (request.topic().startsWith("reward.") && !request.topic().endsWith(".dlq")) {
        throw new PolicyViolationException("no rewards here");
      }
    }

    @Override
    public void configure(Map<String, ?> settings) {}

    @Override
    public void close() {}
  }

  private static void assertCarriesEvents(TestBroker broker) throws Exception {
    Event<ModelRegistered> event =
        new EventFactory("/affinage/test", Clock.systemUTC()).create(ExampleEvents.MODEL);
    try (KafkaProducer<String, Event<?>> producer =
            new KafkaProducer<>(
                KafkaDefaults.producer(connection(broker)),
                new StringSerializer(),
                new EventSerializer());
        KafkaConsumer<String, Event<?>> consumer =
            new KafkaConsumer<>(
                KafkaDefaults.consumer(connection(broker)),
                new StringDeserializer(),
                new EventDeserializer())) {
      producer.send(Topics.TRAINING_LOG.record(event)).get();
      consumer.assign(
          List.of(new TopicPartition("training.log", 0), new TopicPartition("training.log", 1)));
      List<ConsumerRecord<String, Event<?>>> records = new ArrayList<>();
      Awaitility.await()
          .untilAsserted(
              () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                assertThat(records).hasSize(1);
              });
      assertThat(records.get(0).key()).isEqualTo("job-1");
      assertThat(records.get(0).value()).isEqualTo(event);
    }
  }

  private static Map<String, Object> connection(TestBroker broker) {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }
}
