package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.client.Publisher;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The services as they are shipped, each given a broker and an artifact store and nothing else. */
class PackagedServicesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int GRACE_SECONDS = 60;

  /** What a JVM that ends in good order after SIGTERM says: 128 + 15. */
  private static final int TERMINATED = 143;

  private static EmbeddedBroker broker;
  @TempDir Path folder;

  @BeforeAll
  static void startBroker() {
    for (ServiceKind kind : ServiceKind.values()) {
      assumeTrue(
          PackagedService.isPackaged(kind), "skipped: " + kind.module() + " is not packaged yet");
    }
    broker = EmbeddedBroker.startTemporary();
  }

  @AfterAll
  static void stopBroker() {
    if (broker != null) {
      broker.close();
    }
  }

  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldJoinWithABrokerAndAStoreAndNothingElse(ServiceKind kind) throws Exception {
    try (PackagedService service = start(kind, "alone")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(service.status("/q/health/ready")).as(service.log()).isEqualTo(200));

      assertThat(service.terminate(GRACE_SECONDS)).as(service.log()).isEqualTo(TERMINATED);
      ObjectMapper json = new ObjectMapper();
      assertThat(service.log().lines())
          .isNotEmpty()
          .allSatisfy(
              line -> {
                JsonNode entry = json.readTree(line);
                assertThat(entry.path("level").asText()).isNotEmpty();
                assertThat(entry.path("message").asText()).isNotEmpty();
              });
    }
  }

  @Test
  void shouldLiveWithoutABrokerAndBeReadyOnceThereIsOne() throws Exception {
    broker.stop();
    try (PackagedService trainer = start(ServiceKind.TRAINER, "early")) {
      await().atMost(PATIENCE).until(() -> trainer.status("/q/health/live") == 200);
      assertThat(trainer.status("/q/health/ready")).isEqualTo(503);

      broker.start();

      await().atMost(PATIENCE).until(() -> trainer.status("/q/health/ready") == 200);
      assertThat(trainer.terminate(GRACE_SECONDS)).as(trainer.log()).isEqualTo(TERMINATED);
    } finally {
      broker.start();
    }
  }

  @Test
  void shouldCheckpointAndLetGoOnSigtermSoThatAnotherGoesOn() throws Exception {
    String job = requestLongTraining();
    int stoppedAt;
    try (PackagedService first = start(ServiceKind.TRAINER, "first")) {
      stoppedAt = awaitStep(first, job, 5);

      assertThat(first.terminate(GRACE_SECONDS)).as(first.log()).isEqualTo(TERMINATED);

      // A crash of native code leaves a report in the working directory.
      assertThat(first.folder()).isDirectoryNotContaining("glob:**/{hs_err*,core*}");
      assertThat(first.log()).contains("trainer-service stopped in");
    }
    try (PackagedService second = start(ServiceKind.TRAINER, "second")) {
      awaitStep(second, job, stoppedAt + 1);

      JsonNode shown = second.json("/v1/fine_tuning/jobs/" + job);
      assertThat(shown.path("affinage").path("attempt").asInt()).isEqualTo(2);
      JsonNode events = second.json("/v1/fine_tuning/jobs/" + job + "/events?limit=100");
      assertThat(events.path("data").findValuesAsText("message"))
          .contains("Worker released the job: the worker shuts down")
          .noneMatch(message -> message.contains("fell silent"));
      assertThat(second.log()).contains("from step");

      second.post("/v1/fine_tuning/jobs/" + job + "/cancel");
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  second
                      .json("/v1/fine_tuning/jobs/" + job)
                      .path("status")
                      .asText()
                      .equals("cancelled"));
      assertThat(second.terminate(GRACE_SECONDS)).as(second.log()).isEqualTo(TERMINATED);
    }
  }

  private static int awaitStep(PackagedService trainer, String job, int step) {
    int[] reached = new int[1];
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(trainer.status("/v1/fine_tuning/jobs/" + job))
                  .as(trainer.log())
                  .isEqualTo(200);
              JsonNode shown = trainer.json("/v1/fine_tuning/jobs/" + job);
              assertThat(shown.path("status").asText()).as(shown.toString()).isEqualTo("running");
              reached[0] = shown.path("affinage").path("step").asInt();
              assertThat(reached[0]).isGreaterThanOrEqualTo(step);
            });
    return reached[0];
  }

  private PackagedService start(ServiceKind kind, String name) throws Exception {
    return PackagedService.start(
        kind,
        folder.resolve(name),
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            broker.bootstrapServers(),
            "AFFINAGE_ARTIFACTS",
            folder.resolve("store").toString()));
  }

  /** Pre-training of a tiny model, for longer than any test. */
  private String requestLongTraining() throws Exception {
    Path dataset = Files.createDirectories(folder.resolve("dataset"));
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      rows.append("{\"id\":\"r%d\",\"text\":\"Box %d holds %d nails.\"}\n".formatted(i, i, i * i));
    }
    Files.writeString(dataset.resolve("train.jsonl"), rows);
    Artifact stored = ArtifactStores.open(folder.resolve("store").toString()).putFolder(dataset);
    TrainingSpec spec =
        TinyPretraining.spec(
            new TrainingSpec.Architecture(64, 128, 2, 2, 2, 300, 64), 1_000_000, 8, 1_000_000);
    String job = "job-" + UUID.randomUUID();
    try (Publisher publisher =
        new Publisher(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      publisher.send(
          Topics.TRAINING_REQUESTED,
          new TrainingRequested(
              job,
              "scratch",
              new ArtifactRef(stored.digest(), ArtifactRef.Kind.FOLDER, stored.size()),
              "nails",
              spec,
              null,
              null,
              null),
          null);
    }
    return job;
  }
}
