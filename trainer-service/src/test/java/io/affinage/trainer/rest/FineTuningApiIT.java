package io.affinage.trainer.rest;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardSpec;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.spec.Settings;
import io.affinage.trainer.job.JobCommands;
import io.affinage.trainer.job.Refs;
import io.affinage.trainer.kafka.TopicDump;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service on a real broker, over HTTP; only the engine waits to be told. */
@QuarkusTest
@QuarkusTestResource(TrainerPlatform.class)
class FineTuningApiIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final String JOBS = "/v1/fine_tuning/jobs";

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  @Inject ArtifactStore store;
  @Inject JobCommands commands;
  @TempDir Path folder;
  private ArtifactRef dataset;
  private String base;

  @BeforeAll
  static void useTheKey() {
    RestAssured.replaceFiltersWith(
        (request, response, context) -> {
          request.header("Authorization", "Bearer " + TrainerPlatform.KEY);
          return context.next(request, response);
        });
  }

  @AfterAll
  static void forgetTheKey() {
    RestAssured.replaceFiltersWith(List.of());
  }

  @BeforeEach
  void prepare() throws IOException {
    dataset = put("train.jsonl", "{\"text\":\"one\"}\n");
    base = "artifact:" + put("config.json", "{}").digest();
    HashingLibrary.ENGINE.fail(null);
    HashingLibrary.ENGINE.open();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
  }

  @Test
  void shouldRunAJobFromItsCreationToItsModel() throws Exception {
    String file = readyFile();

    String id =
        create(file, ", \"suffix\": \"desk\", \"seed\": 3, \"metadata\": {\"team\": \"a\"}")
            .body("object", equalTo("fine_tuning.job"))
            .body("training_file", equalTo(file))
            .body("seed", equalTo(3))
            .body("method.type", equalTo("supervised"))
            .body("hyperparameters.n_epochs", equalTo(1))
            .body("hyperparameters.batch_size", equalTo(8))
            .body("metadata.team", equalTo("a"))
            .body("error", nullValue())
            .extract()
            .path("id");

    awaitStatus(id, "succeeded")
        .body("fine_tuned_model", containsString(":desk:"))
        .body("trained_tokens", equalTo(600))
        .body("finished_at", greaterThan(0))
        .body("affinage.dataset_digest", equalTo(dataset.digest()));
    given()
        .get(JOBS + "/" + id + "/events?limit=100")
        .then()
        .statusCode(200)
        .body("data.message", hasItem("The job has successfully completed"))
        .body("data.message", hasItem("Created fine-tuning job: " + id))
        .body("data.findAll { it.type == 'metrics' }.size()", equalTo(6))
        .body("data[0].object", equalTo("fine_tuning.job.event"));
    given()
        .get(JOBS + "/" + id + "/checkpoints")
        .then()
        .statusCode(200)
        .body("data.step_number", equalTo(List.of(4, 2)))
        .body("data[0].fine_tuned_model_checkpoint", startsWith("artifact:sha256:"))
        .body("has_more", equalTo(false));
  }

  @Test
  void shouldWaitForAFileThatIsStillBeingProcessed() throws Exception {
    String file = "file-" + UUID.randomUUID();
    send(
        Topics.DATASET_SUBMITTED,
        new DatasetSubmitted(
            file, "desk", new DatasetSource.Inline(List.of()), null, null, null, false, null));

    String id = create(file, "").body("status", equalTo("validating_files")).extract().path("id");
    send(Topics.DATASET_READY, ready(file));

    awaitStatus(id, "succeeded");
  }

  @Test
  void shouldFailAJobWhoseFileIsRejected() throws Exception {
    String file = "file-" + UUID.randomUUID();
    send(
        Topics.DATASET_SUBMITTED,
        new DatasetSubmitted(
            file, "desk", new DatasetSource.Inline(List.of()), null, null, null, false, null));
    String id = create(file, "").extract().path("id");

    send(
        Topics.DATASET_REJECTED,
        new DatasetRejected(
            file, "desk", new ErrorDetail("no_usable_rows", "no row could be used", null), null));

    awaitStatus(id, "failed")
        .body("error.code", equalTo("invalid_training_file"))
        .body("error.message", containsString("no row could be used"))
        .body("error.param", equalTo("training_file"));
  }

  /** Over HTTP: what there is to replay, what there is not, and nobody waits for a job. */
  @Test
  void shouldReplayAFinishedJob() throws Exception {
    given().post(JOBS + "/nobody/replay").then().statusCode(404);
    String sampled = sampledJob();
    awaitStatus(sampled, "succeeded");
    replay(sampled)
        .statusCode(200)
        .body("object", equalTo("fine_tuning.job.replay"))
        .body("job", equalTo(sampled))
        .body("same", equalTo(true))
        .body("difference", nullValue());
    String plain = create(readyFile(), "").extract().path("id");
    awaitStatus(plain, "succeeded");
    replay(plain).statusCode(400).body("error.code", equalTo("nothing_to_replay"));

    HashingLibrary.ENGINE.gated();
    String running = create(readyFile(), "").extract().path("id");
    await().atMost(PATIENCE).until(HashingLibrary.ENGINE::isBusy);
    replay(sampled).statusCode(503).body("error.code", equalTo("trainer_busy"));
    replay(running).statusCode(400).body("error.code", equalTo("invalid_job_state"));
    HashingLibrary.ENGINE.open();
    awaitStatus(running, "succeeded");
    replay(sampled).statusCode(200).body("same", equalTo(true));
  }

  private static ValidatableResponse replay(String job) {
    return given().contentType(ContentType.JSON).post(JOBS + "/" + job + "/replay").then();
  }

  /** As a recipe asks for it: the surface of OpenAI knows no such method. */
  private String sampledJob() {
    String id = "job-" + UUID.randomUUID();
    TrainingSpec spec =
        Settings.build(TrainingSpec.class)
            .with(
                "objective",
                Settings.build(GrpoSpec.class).with("reward", new RewardSpec.Length(1, 5)).record())
            .with("maxSteps", 3)
            .record();
    commands.request(new TrainingRequested(id, base, dataset, "desk", spec, null, null, null));
    return id;
  }

  @Test
  void shouldStartOneJobPerIdempotencyKey() throws Exception {
    String file = readyFile();
    String key = UUID.randomUUID().toString();

    String first = post(body(file, ""), key).statusCode(200).extract().path("id");
    String second = post(body(file, ""), key).statusCode(200).extract().path("id");

    assertThat(second).isEqualTo(first);
    post(body(file, ", \"suffix\": \"other\""), key)
        .statusCode(409)
        .body("error.code", equalTo("idempotency_key_reused"));
    assertThat(create(file, "").extract().<String>path("id")).isNotEqualTo(first);
  }

  @Test
  void shouldTellTheResolvedConfigurationWithoutStartingAnything() throws Exception {
    String file = readyFile();
    int before = HashingLibrary.ENGINE.runs();

    given()
        .contentType(ContentType.JSON)
        .body("{\"model\": \"owner/name\", \"training_file\": \"" + file + "\"}")
        .post(JOBS + "?dry_run=true")
        .then()
        .statusCode(200)
        .body("spec.adapter.rank", equalTo(16))
        .body("spec.schedule", equalTo("cosine"))
        .body("training_rows", equalTo(20))
        .body("estimated_steps", equalTo(3))
        .body("preflight", equalTo(null))
        .body("problem.code", org.hamcrest.Matchers.notNullValue());
    given()
        .contentType(ContentType.JSON)
        .body(body(file, ""))
        .post(JOBS + "?dry_run=true")
        .then()
        .statusCode(200)
        .body("estimated_steps", equalTo(6))
        .body("preflight.dtype", equalTo("hash"))
        .body("preflight.notes[0]", equalTo("this is no model"))
        .body("preflight.memory.peak", equalTo(6))
        .body("preflight.seconds.training", equalTo(1.5f))
        .body("problem", equalTo(null));

    assertThat(HashingLibrary.ENGINE.runs()).isEqualTo(before);
  }

  @Test
  void shouldCancelPauseAndResume() throws Exception {
    HashingLibrary.ENGINE.gated();
    String id = create(readyFile(), "").extract().path("id");
    awaitStatus(id, "running");

    given().post(JOBS + "/" + id + "/pause").then().statusCode(200);
    awaitStatus(id, "paused");
    given().post(JOBS + "/" + id + "/resume").then().statusCode(200);
    awaitStatus(id, "running");
    given().post(JOBS + "/" + id + "/cancel").then().statusCode(200);

    awaitStatus(id, "cancelled");
    given()
        .post(JOBS + "/" + id + "/cancel")
        .then()
        .statusCode(400)
        .body("error.code", equalTo("invalid_job_state"));
  }

  @Test
  void shouldListJobsPageByPage() throws Exception {
    String file = readyFile();
    String older = create(file, "").extract().path("id");
    String newer = create(file, "").extract().path("id");
    commands.catchUp();

    given()
        .get(JOBS + "?limit=1")
        .then()
        .statusCode(200)
        .body("data.id", equalTo(List.of(newer)))
        .body("has_more", equalTo(true));
    given()
        .get(JOBS + "?limit=1&after=" + newer)
        .then()
        .statusCode(200)
        .body("data.id", equalTo(List.of(older)));
  }

  @Test
  void shouldAnswerErrorsInOpenAisShape() throws Exception {
    String file = readyFile();

    given()
        .get(JOBS + "/ftjob-absent")
        .then()
        .statusCode(404)
        .body("error.type", equalTo("invalid_request_error"))
        .body("error.code", equalTo("fine_tune_not_found"));
    post("{", null).statusCode(400).body("error.code", equalTo("invalid_json"));
    post("{\"model\": \"owner/name\", \"training_file\": \"file-absent\"}", null)
        .statusCode(400)
        .body("error.code", equalTo("invalid_training_file"))
        .body("error.param", equalTo("training_file"));
    post("{\"model\": \"nobody\", \"training_file\": \"" + file + "\"}", null)
        .statusCode(404)
        .body("error.code", equalTo("model_not_found"))
        .body("error.param", equalTo("model"));
    post("{\"model\": \"owner/name\", \"training_file\": \"f\", \"epochs\": 3}", null)
        .statusCode(400)
        .body("error.message", containsString("epochs is unknown; known are model"));
  }

  @Test
  void shouldPutPoisonAsideWithItsReasonAndGoOn() throws Exception {
    String file = readyFile();
    byte[] poison = "\u0000not json".getBytes(StandardCharsets.UTF_8);
    try (Producer<String, byte[]> producer = producer()) {
      producer.send(new ProducerRecord<>("training.requested", "p1", poison)).get();
      RecordHeaders headers = new RecordHeaders();
      EventCodec.encode(event(ready(file)), headers);
      producer.send(new ProducerRecord<>("training.requested", null, "p2", poison, headers)).get();
      producer.send(new ProducerRecord<>("training.requested", "p3", null)).get();
    }

    awaitStatus(create(file, "").extract().path("id"), "succeeded");

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              try (TopicDump dead = TopicDump.of(bootstrapServers, "training.requested.dlq")) {
                List<ConsumerRecord<byte[], byte[]>> letters =
                    dead.records().stream()
                        .filter(r -> TopicDump.text(r.key()).matches("p[1-3]"))
                        .toList();
                assertThat(letters)
                    .extracting(r -> TopicDump.text(r.key()))
                    .containsExactlyInAnyOrder("p1", "p2", "p3");
                assertThat(letters)
                    .allSatisfy(
                        r ->
                            assertThat(
                                    TopicDump.text(
                                        r.headers().lastHeader("dead-letter-reason").value()))
                                .startsWith("["));
                assertThat(letters.get(0).value()).isIn(poison, null);
              }
            });
    given()
        .get("/q/metrics")
        .then()
        .body(
            matchesPattern(
                "(?s).*affinage_events_deadletter_total\\{topic=\"training.requested\"} [1-9].*"));
  }

  /** On every topic that the service reads. */
  @Test
  void shouldAnswerBehindHostileRecordsOfEveryKind() throws Exception {
    String file = readyFile();
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(Map.of("bootstrap.servers", bootstrapServers)),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (Topic topic :
          List.of(
              Topics.TRAINING_REQUESTED,
              Topics.TRAINING_LOG,
              Topics.TRAINING_PROGRESS,
              Topics.TRAINING_FAILED,
              Topics.MODEL_REGISTERED,
              Topics.DATASET_SUBMITTED,
              Topics.DATASET_READY,
              Topics.DATASET_REJECTED)) {
        new HostileRecords(13)
            .each(
                topic.equals(Topics.TRAINING_REQUESTED)
                    ? requestOfAnUnknownDataset("hostile")
                    : ExampleRecords.of(topic.name()).get(0))
            .filter(hostile -> hostile.record().key() != null || !topic.isCompacted())
            .forEach(hostile -> producer.send(hostile.record()));
      }
      producer.flush();
    }

    awaitStatus(create(file, "").extract().path("id"), "succeeded");
    given().get("/q/health/ready").then().statusCode(200);
    given().get(JOBS + "?limit=100").then().statusCode(200);
    given().get(JOBS + "/hostile/events?limit=100").then().statusCode(200);
    assertThat(given().get("/q/metrics").asString())
        .containsPattern("affinage_events_skipped_total\\{topic=\"training.log\"[^}]*} [1-9]")
        .containsPattern("affinage_events_skipped_total\\{topic=\"dataset.ready\"[^}]*} [1-9]")
        .doesNotContainPattern("affinage_follower_restarts_total\\{[^}]*} [1-9]");
  }

  private static ProducerRecord<byte[], byte[]> requestOfAnUnknownDataset(String id) {
    return ExampleRecords.record(
        "training.requested",
        "io.affinage.training.requested.v1",
        id,
        """
        {"jobId":"%s","baseModel":"scratch","datasetName":"desk","datasetSubmissionId":"nowhere",
         "spec":{"method":"pretrain","epochs":1.5,"batchSize":8,"learningRate":0.1},"suffix":"s"}
        """
            .formatted(id));
  }

  @Test
  void shouldExportEveryMetricThatTheDashboardsName() {
    String metrics = given().get("/q/metrics").then().statusCode(200).extract().asString();

    assertThat(metrics)
        .contains(
            "affinage_training_queued ",
            "affinage_training_queued_age_seconds ",
            "affinage_training_running ",
            "affinage_training_finished_total{code=\"none\",outcome=\"succeeded\"}",
            "affinage_training_finished_total{code=\"none\",outcome=\"failed\"}",
            "affinage_training_finished_total{code=\"none\",outcome=\"cancelled\"}",
            "affinage_training_steps_total ",
            "affinage_training_tokens_total ",
            "affinage_training_loss ",
            "affinage_training_loss_nonfinite_total ",
            "affinage_training_checkpoint_age_seconds ",
            "affinage_training_checkpoint_seconds_count ",
            "affinage_training_lease_expired_total ",
            "affinage_events_deadletter_total{topic=\"training.requested\"}",
            "affinage_events_duplicates_total{topic=\"training.requested\"}");
  }

  @Test
  void shouldDescribeItselfAndItsHealth() {
    given().get("/q/health/live").then().statusCode(200);
    given()
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("paths.'/v1/fine_tuning/jobs'.post.summary", equalTo("Create a fine-tuning job"));
  }

  private String readyFile() throws Exception {
    String file = "file-" + UUID.randomUUID();
    send(Topics.DATASET_READY, ready(file));
    commands.catchUp();
    return file;
  }

  private DatasetReady ready(String file) {
    return new DatasetReady(
        file,
        "desk",
        dataset,
        DatasetLayout.TEXT,
        new DatasetCounts(20, 20, 0, 0),
        Map.of("train", 20L),
        null);
  }

  private String body(String file, String more) {
    return "{\"model\": \"%s\", \"training_file\": \"%s\"%s, \"affinage\": {\"maxSteps\": 6, \"checkpointEverySteps\": 2}}"
        .formatted(base, file, more);
  }

  private ValidatableResponse create(String file, String more) {
    return post(body(file, more), null).statusCode(200);
  }

  private static ValidatableResponse post(String body, String key) {
    var request = given().contentType(ContentType.JSON).body(body);
    return (key == null ? request : request.header("Idempotency-Key", key)).post(JOBS).then();
  }

  private static ValidatableResponse awaitStatus(String id, String status) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(given().get(JOBS + "/" + id).<String>path("status")).isEqualTo(status));
    return given().get(JOBS + "/" + id).then().statusCode(200);
  }

  private ArtifactRef put(String file, String content) throws IOException {
    Path source = Files.createTempDirectory(folder, "artifact");
    Files.writeString(source.resolve(file), content);
    return Refs.of(store.putFolder(source));
  }

  private Producer<String, byte[]> producer() {
    return new KafkaProducer<>(
        KafkaDefaults.producer(Map.of("bootstrap.servers", bootstrapServers)),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  private void send(Topic topic, EventData data) throws Exception {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event(data), headers);
    try (Producer<String, byte[]> producer = producer()) {
      producer
          .send(new ProducerRecord<>(topic.name(), null, topic.keyOf(data), value, headers))
          .get();
    }
  }

  private static Event<?> event(EventData data) {
    return new EventFactory("/test", Clock.systemUTC()).create(data);
  }
}
