package io.affinage.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.broker.testing.TestBroker;
import io.affinage.cli.Affinage;
import io.affinage.cli.client.Interest;
import io.affinage.cli.stack.Install;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Commands that only read, on topics full of hostile records. */
@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
@TestInstance(Lifecycle.PER_CLASS)
class HostileTopicsIT {
  private static final String MODEL = "base:good:1";

  @TempDir private static Path folder;
  private TestBroker broker;

  private record Result(int status, String out, String err) {}

  @BeforeAll
  void fillTopics() {
    broker = TestBroker.start();
    Map<String, Object> connection = Map.of("bootstrap.servers", broker.bootstrapServers());
    try (Admin admin = Admin.create(connection);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(connection, new ByteArraySerializer(), new ByteArraySerializer())) {
      new TopicProvisioner(admin, 2, 1).provision();
      for (Topic topic : Interest.RUNS.topics()) {
        for (ProducerRecord<byte[], byte[]> record : hostile(topic)) {
          if (record.key() != null || !topic.isCompacted()) {
            producer.send(record);
          }
        }
      }
      producer.send(
          ExampleRecords.record(
              "training.log",
              "io.affinage.training.claimed.v1",
              "good",
              "{\"jobId\":\"good\",\"attempt\":1,\"workerId\":\"winner\",\"leaseMillis\":600000}"));
      producer.send(
          ExampleRecords.record(
              "training.log",
              "io.affinage.training.claimed.v1",
              "good",
              "{\"jobId\":\"good\",\"attempt\":2,\"workerId\":\"loser\",\"leaseMillis\":600000}"));
      producer.send(goodModel());
      producer.flush();
    }
  }

  /** Dead letters are any bytes: those of another topic's hostile records. */
  private static List<ProducerRecord<byte[], byte[]>> hostile(Topic topic) {
    String examples = topic.accepts().isEmpty() ? "dataset.submitted" : topic.name();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    new HostileRecords(14)
        .each(ExampleRecords.of(examples).get(0))
        .map(HostileRecords.Hostile::record)
        .forEach(
            record ->
                records.add(
                    new ProducerRecord<>(
                        topic.name(), null, record.key(), record.value(), record.headers())));
    return records;
  }

  private static ProducerRecord<byte[], byte[]> goodModel() {
    ProducerRecord<byte[], byte[]> example = ExampleRecords.of("model.registered").get(0);
    String id = new String(example.key(), UTF_8);
    return ExampleRecords.record(
        "model.registered",
        "io.affinage.model.registered.v1",
        MODEL,
        new String(example.value(), UTF_8).replace("\"" + id + "\"", "\"" + MODEL + "\""));
  }

  @AfterAll
  void stopBroker() {
    broker.close();
  }

  @Test
  void shouldListJobsAndTakeNoLostClaimForATakeover() throws Exception {
    Result result = run("jobs", "--json");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.err()).contains("records cannot be read and are left out");
    JsonNode good = null;
    for (JsonNode job : new ObjectMapper().readTree(result.out()).required("jobs")) {
      if (job.required("id").asText().equals("good")) {
        good = job;
      }
    }
    assertThat(good).isNotNull();
    assertThat(good.required("status").asText()).isEqualTo("running");
    assertThat(good.required("attempt").asInt()).isEqualTo(1);
    assertThat(run("jobs").status()).isZero();
  }

  @Test
  void shouldShowAJobsLogWithoutTheClaimThatLost() {
    Result result = run("logs", "good");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).contains("attempt 1 claimed by winner").doesNotContain("loser");
  }

  @Test
  void shouldListAndFindModels() {
    Result models = run("models");
    assertThat(models.status()).as(models.err()).isZero();
    assertThat(models.out()).contains(MODEL);

    // The model is found; only that nobody has evaluated it is in the way.
    Result compared = run("compare", MODEL);
    assertThat(compared.err()).contains("evaluat").doesNotContain("Exception");
  }

  private Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), false, 100);
    int status =
        Affinage.execute(
            terminal,
            new Install(folder.resolve("nothing-built")),
            Map.of("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers()),
            Stream.concat(
                    Stream.of(arguments), Stream.of("--home", folder.resolve("home").toString()))
                .toArray(String[]::new));
    return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
  }
}
