package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.client.Publisher;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.follow.TopicReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a packaged trainer says about models and stores that are not as they should be. */
class TrainerFaultsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path folder;
  private EmbeddedBroker broker;
  private ArtifactStore store;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue(
        PackagedService.isPackaged(ServiceKind.TRAINER), "skipped: the trainer is not packaged");
    broker = EmbeddedBroker.startTemporary();
    store = ArtifactStores.open(folder.resolve("store").toString());
  }

  @AfterEach
  void stopBroker() {
    if (broker != null) {
      broker.close();
    }
  }

  @Test
  void shouldSayWhatIsWrongWithABaseModelAndTakeTheNextJob() throws Exception {
    try (PackagedService trainer = start(folder.resolve("store").toString(), List.of())) {
      JsonNode model = succeeded(trainer, request("scratch", small(), 2));
      Path whole = modelOf(model);

      assertFails(
          trainer,
          request("artifact:" + put(without(whole, "model.safetensors")), null, 1),
          "checkpoint_missing",
          "model.safetensors");
      assertFails(
          trainer,
          request("artifact:" + put(truncated(whole, "model.safetensors")), null, 1),
          "checkpoint_truncated",
          "model.safetensors");
      assertFails(
          trainer,
          request("artifact:" + put(truncated(whole, "config.json")), null, 1),
          "config_invalid",
          "config.json");
      assertFails(
          trainer,
          request("artifact:" + put(truncated(whole, "tokenizer.json")), null, 1),
          "tokenizer_invalid",
          "tokenizer.json");
      String absent = "sha256:" + "0".repeat(64);
      assertFails(trainer, request("artifact:" + absent, null, 1), "model_not_found", absent);
      assertFails(trainer, request("model:nobody", null, 1), "model_not_found", "nobody");
      assertFails(trainer, request("file:/etc", null, 1), "model_not_found", "/etc");

      succeeded(trainer, request("artifact:" + put(whole), null, 1));
    }
  }

  @Test
  void shouldWaitVisiblyWithAJobWhoseFilesDoNotFitAndGoOnOnceItIsCancelled() throws Exception {
    // No file above 1 MiB, as on a disk that is full: the kernel refuses the write.
    List<String> limited = List.of("/bin/bash", "-c", "ulimit -f 1024; exec \"$@\"", "limited");
    try (PackagedService trainer = start(folder.resolve("store").toString(), limited)) {
      String path = "/v1/fine_tuning/jobs/" + request("scratch", large(), 1);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(trainer.json(path + "/events").findValuesAsText("message"))
                      .anySatisfy(
                          message ->
                              assertThat(message)
                                  .startsWith("Waiting: cannot write the model")
                                  .contains("File too large")));
      trainer.post(path + "/cancel");
      await()
          .atMost(PATIENCE)
          .until(() -> trainer.json(path).path("status").asText().equals("cancelled"));

      succeeded(trainer, request("scratch", small(), 1));
    }
  }

  private static void assertFails(PackagedService trainer, String job, String code, String named) {
    JsonNode shown = ended(trainer, job);
    assertThat(shown.path("status").asText()).as(shown.toString()).isEqualTo("failed");
    assertThat(shown.path("error").path("code").asText()).as(shown.toString()).isEqualTo(code);
    assertThat(shown.path("error").path("message").asText()).contains(named);
  }

  private static JsonNode succeeded(PackagedService trainer, String job) {
    JsonNode shown = ended(trainer, job);
    assertThat(shown.path("status").asText()).as(shown + trainer.log()).isEqualTo("succeeded");
    return shown;
  }

  private static JsonNode ended(PackagedService trainer, String job) {
    String path = "/v1/fine_tuning/jobs/" + job;
    return await()
        .atMost(PATIENCE)
        .until(
            () -> trainer.json(path),
            shown -> List.of("succeeded", "failed").contains(shown.path("status").asText()));
  }

  /** The folder of a job's model, from the topic that tells it. */
  private Path modelOf(JsonNode job) throws IOException {
    List<ModelRegistered> models = new ArrayList<>();
    try (TopicReader reader =
        new TopicReader(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            List.of(Topics.MODEL_REGISTERED),
            (event, record) -> {
              if (event.data() instanceof ModelRegistered model
                  && model.jobId().equals(job.path("id").asText())) {
                models.add(model);
              }
            })) {
      reader.catchUp(Duration.ofSeconds(30));
    }
    return store.localFolder(models.get(0).model().digest());
  }

  private Path without(Path model, String file) throws IOException {
    Path copy = copied(model);
    Files.delete(copy.resolve(file));
    return copy;
  }

  private Path truncated(Path model, String file) throws IOException {
    Path copy = copied(model);
    byte[] bytes = Files.readAllBytes(copy.resolve(file));
    Files.write(copy.resolve(file), Arrays.copyOf(bytes, bytes.length / 2));
    return copy;
  }

  private Path copied(Path model) throws IOException {
    Path copy = Files.createTempDirectory(folder, "model");
    try (var files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.write(copy.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return copy;
  }

  private String put(Path folder) throws IOException {
    return store.putFolder(folder).digest();
  }

  private PackagedService start(String artifacts, List<String> prefix) throws Exception {
    PackagedService trainer =
        PackagedService.start(
            ServiceKind.TRAINER,
            folder.resolve("trainer"),
            Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "AFFINAGE_ARTIFACTS",
                artifacts,
                "AFFINAGE_TRAINER_STORE_RETRIES",
                "0"),
            prefix);
    await().atMost(PATIENCE).until(() -> trainer.status("/q/health/ready") == 200);
    return trainer;
  }

  private static TrainingSpec.Architecture small() {
    return new TrainingSpec.Architecture(32, 64, 2, 2, 2, 300, 64);
  }

  private static TrainingSpec.Architecture large() {
    return new TrainingSpec.Architecture(128, 256, 4, 2, 2, 300, 64);
  }

  private String request(String base, TrainingSpec.Architecture shape, int steps)
      throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      rows.append("{\"id\":\"r%d\",\"text\":\"Box %d holds %d nails.\"}\n".formatted(i, i, i * i));
    }
    Files.writeString(dataset.resolve("train.jsonl"), rows);
    Artifact stored = store.putFolder(dataset);
    TrainingSpec spec = TinyPretraining.spec(shape, steps, 4, 1);
    String job = "job-" + UUID.randomUUID();
    try (Publisher publisher =
        new Publisher(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      ArtifactRef ref = new ArtifactRef(stored.digest(), ArtifactRef.Kind.FOLDER, stored.size());
      publisher.send(
          Topics.TRAINING_REQUESTED,
          new TrainingRequested(job, base, ref, "nails", spec, null, null, null),
          null);
    }
    return job;
  }
}
