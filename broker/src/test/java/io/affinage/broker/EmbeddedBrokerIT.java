package io.affinage.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {

  @Test
  void shouldKeepPortAndCommittedRecordsAcrossARestartAndDropTheTemporaryFolderOnClose()
      throws Exception {
    Path folder;
    try (EmbeddedBroker broker = EmbeddedBroker.startTemporary()) {
      folder = broker.folder();
      String before = broker.bootstrapServers();
      createTopic(broker, "things");
      sendInTransaction(broker, "things", "kept");

      broker.restart();

      assertThat(broker.bootstrapServers()).isEqualTo(before).startsWith("127.0.0.1:");
      assertThat(committed(broker, "things", 1)).containsExactly("kept");
      assertThat(folder).isNotEmptyDirectory();
    }
    assertThat(folder).doesNotExist();
  }

  @Test
  void shouldServeAKeptFolderAgainOnAnotherPort(@TempDir Path folder) throws Exception {
    try (EmbeddedBroker first = EmbeddedBroker.start(folder.resolve("kafka"), 0)) {
      createTopic(first, "things");
      sendInTransaction(first, "things", "kept");
    }
    try (EmbeddedBroker second = EmbeddedBroker.start(folder.resolve("kafka"), 0)) {
      assertThat(committed(second, "things", 1)).containsExactly("kept");
    }
  }

  @Test
  void shouldNameThePortThatIsInUse(@TempDir Path folder) throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      assertThatThrownBy(() -> EmbeddedBroker.start(folder, taken.getLocalPort()))
          .hasMessageContaining("Port " + taken.getLocalPort())
          .asInstanceOf(type(BrokerException.class))
          .returns("port_in_use", BrokerException::code);
    }
  }

  @Test
  void shouldRefuseAFolderThatAnotherBrokerHolds(@TempDir Path folder) {
    try (EmbeddedBroker holder = EmbeddedBroker.start(folder, 0)) {
      assertThatThrownBy(() -> EmbeddedBroker.start(folder, 0))
          .hasMessageContaining(folder.toString())
          .asInstanceOf(type(BrokerException.class))
          .returns("folder_in_use", BrokerException::code);
      assertThat(holder.isRunning()).isTrue();
    }
  }

  @Test
  void shouldRefuseAFolderThatIsAFile(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> EmbeddedBroker.start(file, 0))
        .asInstanceOf(type(BrokerException.class))
        .returns("folder_unusable", BrokerException::code);
  }

  @Test
  void shouldRefuseAPortThatDoesNotExist(@TempDir Path folder) {
    assertThatThrownBy(() -> EmbeddedBroker.start(folder, 65_536))
        .asInstanceOf(type(BrokerException.class))
        .returns("invalid_argument", BrokerException::code);
  }

  @Test
  void shouldNotCreateTopicsByUse() {
    try (EmbeddedBroker broker = EmbeddedBroker.startTemporary();
        Admin admin = Admin.create(clients(broker))) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("misspelt")).allTopicNames().get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  static Map<String, Object> clients(EmbeddedBroker broker) {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private static void createTopic(EmbeddedBroker broker, String name)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(clients(broker))) {
      admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
    }
  }

  private static void sendInTransaction(EmbeddedBroker broker, String topic, String value)
      throws ExecutionException, InterruptedException {
    Map<String, Object> configuration =
        Map.of(
            "bootstrap.servers",
            broker.bootstrapServers(),
            "transactional.id",
            "test",
            "acks",
            "all");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(configuration, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "aborted")).get();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, value)).get();
      producer.commitTransaction();
    }
  }

  private static List<String> committed(EmbeddedBroker broker, String topic, int atLeast) {
    Map<String, Object> configuration =
        Map.of(
            "bootstrap.servers",
            broker.bootstrapServers(),
            "isolation.level",
            "read_committed",
            "auto.offset.reset",
            "earliest");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(configuration, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      List<String> values = new ArrayList<>();
      long deadline = System.nanoTime() + 30_000_000_000L;
      while (values.size() < atLeast && System.nanoTime() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.value());
        }
      }
      return values;
    }
  }
}
