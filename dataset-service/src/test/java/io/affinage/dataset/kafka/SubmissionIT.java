package io.affinage.dataset.kafka;

import static io.affinage.dataset.KafkaProbe.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.dataset.KafkaProbe;
import io.affinage.dataset.KafkaResource;
import io.affinage.dataset.catalog.Catalog;
import io.affinage.events.ContentIds;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.Event;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import io.affinage.service.kafka.TopicSetup;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class SubmissionIT {
  private static final JsonMapper JSON = new JsonMapper();

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  @ConfigProperty(name = "affinage.dataset.file-root")
  Path files;

  @ConfigProperty(name = "affinage.artifacts")
  Path storeFolder;

  @Inject ArtifactStore store;
  @Inject TopicSetup topics;

  @Inject
  @Identifier("default-kafka-broker")
  Map<String, Object> connection;

  Runnable restartBroker;

  private KafkaProbe kafka;
  private String id;

  @BeforeEach
  void connect() {
    kafka = new KafkaProbe(bootstrapServers);
    id = "sub-" + UUID.randomUUID();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> RestAssured.get("/q/health/ready").then().assertThat().statusCode(200));
  }

  @AfterEach
  void close() {
    kafka.close();
  }

  @Test
  void shouldMakeADatasetAndAskForTheTrainingThatTheRunWants() {
    TrainingSpec spec =
        Settings.build(TrainingSpec.class).with("method", "sft").with("epochs", 1.0).record();
    Stage.Evaluate evaluate =
        new Stage.Evaluate(
            new EvaluationSpec(null, null, null, null, null, null, null, null, null));
    RoutingSlip slip =
        new RoutingSlip("run-" + id, List.of(new Stage.Train("scratch", spec, "demo"), evaluate));
    Event<?> submitted =
        kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(40), slip), "run-" + id);

    DatasetReady ready = kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(40, 40, 0, 0));
    assertThat(ready.layout()).isEqualTo(DatasetLayout.PROMPT_COMPLETION);
    assertThat(ready.splits().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(40);
    assertThat(ready.slip()).isEqualTo(slip);
    RoutingSlip rest = new RoutingSlip("run-" + id, List.of(evaluate));
    String jobId = ContentIds.jobId("scratch", ready.dataset(), null, spec, "demo", rest);
    TrainingRequested training =
        kafka.first(Topics.TRAINING_REQUESTED, jobId, TrainingRequested.class);
    assertThat(training.dataset()).isEqualTo(ready.dataset());
    assertThat(training.slip()).isEqualTo(rest);
    ConsumerRecord<byte[], byte[]> record = kafka.records(Topics.DATASET_READY, id).get(0);
    assertThat(header(record, "ce_correlationid")).isEqualTo("run-" + id);
    assertThat(header(record, "ce_causationid")).isEqualTo(submitted.metadata().id());
  }

  @Test
  void shouldHaveOneEffectHoweverOftenASubmissionComes() throws IOException {
    Event<?> submitted = kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(5), null), null);
    kafka.send(Topics.DATASET_SUBMITTED, submitted);
    kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    kafka.send(Topics.DATASET_SUBMITTED, submitted);
    kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(7), null), null);
    // Of the same key, so of the same partition: once this one has ended, so have those before.
    awaitEverythingTaken();
    assertThat(kafka.events(Topics.DATASET_READY, id, DatasetReady.class))
        .singleElement()
        .satisfies(ready -> assertThat(ready.counts().read()).isEqualTo(5));
    assertThat(kafka.records(Topics.DATASET_REJECTED, id)).isEmpty();
    assertThat(metric("affinage_events_duplicates_total")).isGreaterThanOrEqualTo(3);
  }

  /** Here rather than in a training with defaults that nobody asked for. */
  @Test
  void shouldRejectASettingThatNobodyKnows() {
    kafka.send(
        ExampleRecords.record(
            "dataset.submitted",
            "io.affinage.dataset.submitted.v1",
            id,
            """
            {"submissionId":"%s","name":"n","source":{"kind":"inline","rows":[{"text":"t"}]},
             "slip":{"runId":"r","stages":[
               {"stage":"train","baseModel":"scratch","spec":{"method":"pretrain","maxStep":3}}]}}
            """
                .formatted(id)));

    DatasetRejected rejected = kafka.first(Topics.DATASET_REJECTED, id, DatasetRejected.class);
    assertThat(rejected.error().code()).isEqualTo("unknown_setting");
    assertThat(rejected.error().param()).isEqualTo("slip.stages[0].spec.maxStep");
    assertThat(rejected.error().message()).contains("did you mean 'maxSteps'?");
    assertThat(kafka.records(Topics.DATASET_READY, id)).isEmpty();
  }

  @Test
  void shouldPutPoisonAsideAndGoOn() {
    byte[] poison = {(byte) 0xFF, 0, '{'};
    kafka.sendBytes(Topics.DATASET_SUBMITTED, id, poison);
    kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(3), null), null);
    assertThat(kafka.first(Topics.DATASET_READY, id, DatasetReady.class).counts().read())
        .isEqualTo(3);
    List<ConsumerRecord<byte[], byte[]>> dead =
        kafka.records(Topics.DATASET_SUBMITTED.deadLetter(), id);
    assertThat(dead).hasSize(1);
    assertThat(dead.get(0).value()).isEqualTo(poison);
    assertThat(header(dead.get(0), "dead-letter-reason")).startsWith("[missing_attribute]");
    assertThat(header(dead.get(0), "dead-letter-topic")).isEqualTo("dataset.submitted");
    assertThat(metric("affinage_events_deadletter_total")).isGreaterThanOrEqualTo(1);
  }

  /** On every topic that the service reads. */
  @Test
  void shouldAnswerBehindHostileRecordsOfEveryKind() {
    for (Topic topic :
        List.of(
            Topics.DATASET_SUBMITTED,
            Topics.FILE_UPLOADED,
            Topics.DATASET_READY,
            Topics.DATASET_REJECTED)) {
      new HostileRecords(12)
          .each(
              topic.equals(Topics.DATASET_SUBMITTED)
                  ? submission("hostile")
                  : ExampleRecords.of(topic.name()).get(0))
          .filter(hostile -> hostile.record().key() != null || !topic.isCompacted())
          .forEach(hostile -> kafka.send(hostile.record()));
    }
    kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(3), null), null);

    assertThat(kafka.first(Topics.DATASET_READY, id, DatasetReady.class).counts().read())
        .isEqualTo(3);
    RestAssured.get("/q/health/ready").then().statusCode(200);
    RestAssured.get("/v1/files").then().statusCode(200);
    RestAssured.get("/v1/datasets").then().statusCode(200);
    assertThat(RestAssured.get("/q/metrics").asString())
        .containsPattern("affinage_events_skipped_total\\{topic=\"dataset.ready\"[^}]*} [1-9]")
        // A record that stops its reader stops it three times before it is given up; a transaction
        // that a busy machine lets run out stops it once.
        .doesNotContainPattern("affinage_follower_restarts_total\\{[^}]*} ([2-9]|1\\d)");
  }

  private static ProducerRecord<byte[], byte[]> submission(String key) {
    return ExampleRecords.record(
        "dataset.submitted",
        "io.affinage.dataset.submitted.v1",
        key,
        """
        {"submissionId":"%s","name":"n","format":"AUTO","layout":"AUTO","strict":false,
         "source":{"kind":"inline","rows":[{"prompt":"p","completion":"c","n":1}]},
         "split":{"validation":0.1,"test":0.1,"salt":""}}
        """
            .formatted(key));
  }

  @Test
  void shouldSetTheBadRowsOfAFileAside() throws IOException {
    Path file = files.resolve(id + ".jsonl");
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write("{\"prompt\":\"p\",\"completion\":\"c\"}\n{broken\n\n".getBytes(UTF_8));
      out.write("{\"prompt\":\"".getBytes(UTF_8));
      byte[] chunk = "x".repeat(1 << 20).getBytes(UTF_8);
      for (int i = 0; i < 50; i++) {
        out.write(chunk);
      }
      out.write("\",\"completion\":\"c\"}\n{\"prompt\":\"".getBytes(UTF_8));
      out.write(new byte[] {(byte) 0xC0, (byte) 0x80});
      out.write("\",\"completion\":\"c\"}\n".getBytes(UTF_8));
    }
    kafka.send(Topics.DATASET_SUBMITTED, file(id, file.toUri().toString()), null);
    DatasetReady ready = kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    assertThat(ready.counts()).isEqualTo(new DatasetCounts(4, 1, 0, 3));
    List<String> quarantine = new ArrayList<>();
    try (InputStream in = store.open(ready.dataset().digest(), "quarantine.jsonl")) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        JsonNode row = JSON.readTree(line);
        quarantine.add(row.get("line").asInt() + ":" + row.get("reason").asText());
        assertThat(row.get("raw").asText().length()).isLessThanOrEqualTo(512);
      }
    }
    assertThat(quarantine).containsExactly("2:invalid_json", "4:row_too_large", "5:invalid_utf8");
    RestAssured.get("/v1/datasets/{id}/quarantine?limit=2&after=1", id)
        .then()
        .statusCode(200)
        .body("data.reason", org.hamcrest.Matchers.contains("invalid_json", "row_too_large"))
        .body("has_more", org.hamcrest.Matchers.is(true));
    RestAssured.get("/v1/datasets/{id}", id)
        .then()
        .statusCode(200)
        .body("report.reasons.invalid_json", org.hamcrest.Matchers.is(1))
        .body("status", org.hamcrest.Matchers.is("ready"));
  }

  @Test
  void shouldRejectWhatCannotBeUsed() throws IOException {
    Path useless = Files.writeString(files.resolve(id + ".jsonl"), "nonsense\n42\n{}\n");
    Path outside = Files.writeString(storeFolder.resolveSibling("secret.jsonl"), "{}");
    Files.createSymbolicLink(files.resolve(id + "-link.jsonl"), outside);
    assertRejected(id + "-useless", useless.toUri().toString(), "no_usable_rows");
    assertRejected(id + "-absent", files.resolve("absent").toUri().toString(), "source_not_found");
    assertRejected(id + "-outside", outside.toUri().toString(), "source_not_allowed");
    assertRejected(
        id + "-dots", "file:" + files + "/../" + outside.getFileName(), "source_not_allowed");
    assertRejected(
        id + "-link", files.resolve(id + "-link.jsonl").toUri().toString(), "source_not_allowed");
    assertRejected(id + "-bucket", "s3://bucket/key", "source_not_allowed");
    kafka.send(
        Topics.DATASET_SUBMITTED,
        new DatasetSubmitted(
            id + "-name",
            "../../etc",
            new DatasetSource.Inline(rows(1)),
            DatasetFormat.AUTO,
            DatasetLayout.AUTO,
            null,
            false,
            null),
        null);
    assertThat(
            kafka
                .first(Topics.DATASET_REJECTED, id + "-name", DatasetRejected.class)
                .error()
                .code())
        .isEqualTo("invalid_name");
  }

  /** The folder becomes a file: permissions would not stop a test that runs as root. */
  @Test
  void shouldWaitWhileTheStoreIsAwayAndShowIt() throws IOException {
    Path away = storeFolder.resolveSibling("store-away");
    Files.createDirectories(storeFolder);
    Files.move(storeFolder, away);
    Files.writeString(storeFolder, "in the way");
    try {
      kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(9), null), null);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(
                          metric(
                              "affinage_work_retries_total{cause=\"passing\","
                                  + "topic=\"dataset.submitted\"}"))
                      .isGreaterThan(5));
    } finally {
      Files.delete(storeFolder);
      Files.move(away, storeFolder);
    }
    kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    assertThat(kafka.records(Topics.DATASET_REJECTED, id)).isEmpty();
    RestAssured.get("/v1/datasets/{id}", id)
        .then()
        .body("status", org.hamcrest.Matchers.is("ready"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        metric(
                            "affinage_work_records{state=\"held_by_fault\","
                                + "topic=\"dataset.submitted\"}"))
                    .isZero());
  }

  /** What an older version refused because its store failed. */
  @Test
  void shouldTakeASubmissionAgainThatWasRefusedForWantOfTheStore() {
    kafka.send(
        Topics.DATASET_REJECTED,
        new DatasetRejected(id, "test", new ErrorDetail("artifact_store_full", "full", null), null),
        null);
    kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(9), null), null);
    kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    List<ConsumerRecord<byte[], byte[]>> rejections = kafka.records(Topics.DATASET_REJECTED, id);
    assertThat(rejections.get(rejections.size() - 1).value()).isNull();
  }

  @Test
  void shouldGoOnAfterABrokerRestart() {
    kafka.send(Topics.DATASET_SUBMITTED, inline(id + "-before", rows(4), null), null);
    restartBroker.run();
    RestAssured.get("/q/health/live").then().statusCode(200);
    kafka.send(Topics.DATASET_SUBMITTED, inline(id + "-after", rows(6), null), null);
    assertThat(
            kafka.first(Topics.DATASET_READY, id + "-before", DatasetReady.class).counts().read())
        .isEqualTo(4);
    assertThat(kafka.first(Topics.DATASET_READY, id + "-after", DatasetReady.class).counts().read())
        .isEqualTo(6);
    assertThat(kafka.events(Topics.DATASET_READY, id + "-before", DatasetReady.class)).hasSize(1);
  }

  @Test
  void shouldRebuildTheCatalogFromItsTopics() throws InterruptedException {
    kafka.send(Topics.DATASET_SUBMITTED, inline(id, rows(2), null), null);
    kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
    Catalog rebuilt = new Catalog(java.time.InstantSource.system());
    CatalogView another = new CatalogView(connection, topics, rebuilt);
    another.start(null);
    try {
      await().atMost(SOON).until(another::done);
      assertThat(rebuilt.dataset(id)).isPresent();
    } finally {
      another.stop();
    }
  }

  private void assertRejected(String submission, String uri, String code) {
    kafka.send(Topics.DATASET_SUBMITTED, file(submission, uri), null);
    DatasetRejected rejected =
        kafka.first(Topics.DATASET_REJECTED, submission, DatasetRejected.class);
    assertThat(rejected.error().code()).as(uri).isEqualTo(code);
    assertThat(rejected.error().message()).isNotBlank();
  }

  /** Ends when a submission sent now, on the partition of {@link #id}, has ended. */
  private void awaitEverythingTaken() {
    byte[] marker = "marker".getBytes(UTF_8);
    int before = kafka.records(Topics.DATASET_SUBMITTED.deadLetter(), id).size();
    kafka.sendBytes(Topics.DATASET_SUBMITTED, id, marker);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(kafka.records(Topics.DATASET_SUBMITTED.deadLetter(), id))
                    .hasSize(before + 1));
  }

  private static double metric(String name) {
    return RestAssured.get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static DatasetSubmitted inline(String id, List<JsonNode> rows, RoutingSlip slip) {
    return new DatasetSubmitted(
        id,
        "test",
        new DatasetSource.Inline(rows),
        DatasetFormat.AUTO,
        DatasetLayout.AUTO,
        null,
        false,
        slip);
  }

  private static DatasetSubmitted file(String id, String uri) {
    return new DatasetSubmitted(
        id,
        "test",
        new DatasetSource.Reference(uri, null, null),
        DatasetFormat.AUTO,
        DatasetLayout.AUTO,
        null,
        false,
        null);
  }

  private static List<JsonNode> rows(int count) {
    List<JsonNode> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(JSON.createObjectNode().put("prompt", "p" + i).put("completion", "c" + i));
    }
    return rows;
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }
}
