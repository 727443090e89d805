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
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EventJson;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.PolicyUpdated;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.RolloutsSampled;
import io.affinage.events.RolloutsScored;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two instances of a service share the work; one is killed by SIGKILL while it has some. */
class KilledServicesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** The smallest that a broker takes: after this silence the group hands the work on. */
  private static final String SESSION_MILLIS = "6000";

  /** Enough for kills on the way. */
  private static final int ITERATIONS = 10;

  @TempDir Path folder;
  private EmbeddedBroker broker;
  private EventReader events;
  private Publisher publisher;

  @BeforeEach
  void start() {
    for (ServiceKind kind : ServiceKind.values()) {
      assumeTrue(
          PackagedService.isPackaged(kind), "skipped: " + kind.module() + " is not packaged yet");
    }
    broker = EmbeddedBroker.startTemporary();
    events = new EventReader(broker.bootstrapServers());
    publisher = new Publisher(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  @AfterEach
  void stop() {
    if (broker != null) {
      publisher.close();
      broker.close();
    }
  }

  @Test
  void shouldFinishTheIngestionOfAKilledInstanceOnce() throws Exception {
    Path file = Files.createDirectories(folder.resolve("files")).resolve("long.jsonl.gz");
    writeRows(file, 6_000_000);
    DatasetSubmitted submitted =
        new DatasetSubmitted(
            "sub-1",
            "long",
            new DatasetSource.Reference(file.toRealPath().toUri().toString(), null, null),
            DatasetFormat.AUTO,
            DatasetLayout.AUTO,
            null,
            false,
            null);
    try (PackagedService first = dataset("first");
        PackagedService second = dataset("second")) {
      awaitReady(first);
      awaitReady(second);
      publisher.send(Topics.DATASET_SUBMITTED, submitted, null);
      await().atMost(PATIENCE).until(() -> ingests(first) || ingests(second));
      boolean firstHasIt = ingests(first);

      (firstHasIt ? first : second).close();
      assertThat(events.read(Topics.DATASET_READY, DatasetReady.class)).isEmpty();

      PackagedService other = firstHasIt ? second : first;
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(events.read(Topics.DATASET_READY, DatasetReady.class))
                      .as(other.log())
                      .hasSize(1));
      assertThat(events.read(Topics.DATASET_READY, DatasetReady.class).get(0).counts().read())
          .isEqualTo(6_000_000);
      publisher.send(Topics.DATASET_SUBMITTED, submitted, null);
      await()
          .atMost(PATIENCE)
          .until(() -> other.log().contains("has ended before; it has no second effect"));
      assertThat(events.read(Topics.DATASET_READY, DatasetReady.class)).hasSize(1);
      assertThat(events.read(Topics.DATASET_REJECTED, DatasetRejected.class)).isEmpty();
    }
  }

  @Test
  void shouldAnswerEveryRewardRequestOnceWhenOneOfTwoIsKilled() throws Exception {
    int requests = 2_000;
    Map<String, String> environment =
        Map.of("KAFKA_SESSION_TIMEOUT_MS", SESSION_MILLIS, "KAFKA_HEARTBEAT_INTERVAL_MS", "2000");
    try (PackagedService first = start(ServiceKind.REWARD, "first", environment);
        PackagedService second = start(ServiceKind.REWARD, "second", environment)) {
      awaitReady(first);
      awaitReady(second);
      for (int i = 0; i < requests; i++) {
        publisher.send(Topics.REWARD_REQUESTED, rewardRequest("req-" + i), null);
        if (i == requests / 2) {
          await()
              .atMost(PATIENCE)
              .until(() -> !events.read(Topics.REWARD_SCORED, RewardScored.class).isEmpty());
          first.kill();
        }
      }
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          events.read(Topics.REWARD_SCORED, RewardScored.class).stream()
                              .map(RewardScored::requestId)
                              .distinct())
                      .as(second.log())
                      .hasSize(requests));
      assertThat(events.read(Topics.REWARD_SCORED, RewardScored.class)).hasSize(requests);
      assertThat(second.json("/q/health/ready").path("status").asText()).isEqualTo("UP");
    }
  }

  private static RewardRequested rewardRequest(String id) {
    return new RewardRequested(
        id,
        new RewardSpec.ExactMatch(false, false),
        List.of(new RewardRequested.Item("a", "2+2?", "4", "4")),
        null);
  }

  @Test
  void shouldFinishTheEvaluationOfAKilledInstanceOnce() throws Exception {
    ModelRegistered model = train();
    EvaluationSpec spec =
        new EvaluationSpec(List.of("exact_match"), null, null, 0, 4, null, null, null, null);
    EvaluationRequested request =
        new EvaluationRequested("eval-1", model, model.dataset(), spec, null);
    try (PackagedService first = evaluator("first");
        PackagedService second = evaluator("second")) {
      awaitReady(first);
      awaitReady(second);
      publisher.send(Topics.EVALUATION_REQUESTED, request, null);
      publisher.send(Topics.EVALUATION_REQUESTED, request, null);
      // Nobody scores yet: whoever has the evaluation waits in the middle of it.
      await()
          .atMost(PATIENCE)
          .until(() -> !events.read(Topics.REWARD_REQUESTED, RewardRequested.class).isEmpty());
      EvaluationClaimed claim = claims().get(0);

      (claim.workerId().equals("first") ? first : second).close();

      await().atMost(PATIENCE).until(() -> claims().stream().anyMatch(c -> c.attempt() == 2));
      try (PackagedService scorer = start(ServiceKind.REWARD, "scorer", Map.of())) {
        awaitReady(scorer);
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(events.read(Topics.EVALUATION_COMPLETED, EvaluationCompleted.class))
                        .as(claim.workerId().equals("first") ? second.log() : first.log())
                        .hasSize(1));
        // Once more, and behind it one whose end tells that the repetition was seen.
        publisher.send(Topics.EVALUATION_REQUESTED, request, null);
        publisher.send(
            Topics.EVALUATION_REQUESTED,
            new EvaluationRequested("eval-2", model, model.dataset(), spec, null),
            null);
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    events.read(Topics.EVALUATION_COMPLETED, EvaluationCompleted.class).size() > 1);
      }
    }
    List<EvaluationCompleted> ends =
        events.read(Topics.EVALUATION_COMPLETED, EvaluationCompleted.class);
    assertThat(ends)
        .extracting(EvaluationCompleted::evaluationId)
        .containsExactlyInAnyOrder("eval-1", "eval-2");
    assertThat(ends)
        .filteredOn(end -> end.evaluationId().equals("eval-1"))
        .allSatisfy(end -> assertThat(end.attempt()).isEqualTo(2));
    assertThat(events.read(Topics.EVALUATION_COMPLETED, EvaluationFailed.class)).isEmpty();
    assertThat(events.read(Topics.MODEL_REJECTED, ModelRejected.class))
        .extracting(ModelRejected::evaluationId)
        .containsExactlyInAnyOrder("eval-1", "eval-2");
    assertThat(events.read(Topics.MODEL_PROMOTED, ModelPromoted.class)).isEmpty();
    // Both attempts asked for the same scores by the same id, and every answer to it is the same.
    events.read(Topics.REWARD_SCORED, RewardScored.class).stream()
        .collect(Collectors.groupingBy(RewardScored::requestId))
        .values()
        .forEach(answers -> assertThat(answers).containsOnly(answers.get(0)));
  }

  /** Whoever dies, and whoever is absent: what was sampled and scored is made once. */
  @Test
  void shouldTrainTheSameModelByRolloutsWhenTheTrainerIsKilledAndNobodyScores() throws Exception {
    TrainingRequested disturbed;
    try (PackagedService trainer = rolloutTrainer("first")) {
      awaitReady(trainer);
      disturbed = rollouts("job-killed", "artifact:" + pretrained(trainer).model().digest());
      publisher.send(Topics.TRAINING_REQUESTED, disturbed, null);
      // Nobody scores yet, and it asks again.
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(events.read(Topics.REWARD_REQUESTED, RewardRequested.class))
                      .as(trainer.log())
                      .hasSizeGreaterThan(1));
      trainer.kill();
    }
    List<String> asked = requestedScores();
    String first = asked.get(0);
    assertThat(asked).containsOnly(first);
    try (PackagedService scorer = start(ServiceKind.REWARD, "scorer", Map.of())) {
      // It is scored while no trainer lives.
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(events.read(Topics.REWARD_SCORED, RewardScored.class))
                      .as(scorer.log())
                      .isNotEmpty());
      try (PackagedService trainer = rolloutTrainer("second")) {
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(events.read(Topics.TRAINING_ROLLOUTS, PolicyUpdated.class))
                        .as(trainer.log())
                        .isNotEmpty());
        trainer.kill();
      }
      assertThat(requestedScores())
          .as("what was scored meanwhile is not asked for again")
          .filteredOn(first::equals)
          .hasSameSizeAs(asked);
      try (PackagedService trainer = rolloutTrainer("third")) {
        ModelRegistered model = awaitModel(trainer, disturbed);
        assertThat(model.attempt()).isEqualTo(3);
        TrainingRequested undisturbed = rollouts("job-whole", disturbed.baseModel());
        publisher.send(Topics.TRAINING_REQUESTED, undisturbed, null);
        ModelRegistered whole = awaitModel(trainer, undisturbed);
        assertThat(whole.attempt()).isEqualTo(1);
        assertThat(model.model().digest()).isEqualTo(whole.model().digest());
        assertThat(model.model().digest()).isNotEqualTo(model.base().digest());
        assertOnceEachIteration(disturbed.jobId());
        assertOnceEachIteration(undisturbed.jobId());
        collectAndReplay(trainer, model);
      }
    }
  }

  /** The ids of all requests for scores, one for each time that it was sent. */
  private List<String> requestedScores() {
    return events.read(Topics.REWARD_REQUESTED, RewardRequested.class).stream()
        .map(RewardRequested::requestId)
        .toList();
  }

  private void assertOnceEachIteration(String job) {
    List<Integer> iterations = IntStream.range(0, ITERATIONS).boxed().toList();
    assertThat(events.read(Topics.TRAINING_ROLLOUTS, RolloutsSampled.class))
        .filteredOn(event -> event.jobId().equals(job))
        .extracting(RolloutsSampled::iteration)
        .containsExactlyElementsOf(iterations);
    assertThat(events.read(Topics.TRAINING_ROLLOUTS, RolloutsScored.class))
        .filteredOn(event -> event.jobId().equals(job))
        .extracting(RolloutsScored::iteration)
        .containsExactlyElementsOf(iterations);
    assertThat(events.read(Topics.TRAINING_ROLLOUTS, PolicyUpdated.class))
        .filteredOn(event -> event.jobId().equals(job))
        .extracting(PolicyUpdated::iteration)
        .containsExactlyElementsOf(iterations);
  }

  /** Removes all that is not in use, of a store whose content is old, and needs nothing of it. */
  private void collectAndReplay(PackagedService trainer, ModelRegistered model) throws Exception {
    ArtifactStore store = ArtifactStores.open(folder.resolve("store").toString());
    String unused =
        store.put(new ByteArrayInputStream("unused".getBytes(StandardCharsets.UTF_8))).digest();
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(3)));
    try (Stream<Path> blobs = Files.walk(folder.resolve("store/blobs"))) {
      for (Path blob : blobs.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(blob, old);
      }
    }
    List<String> inUse =
        Stream.of(model.model(), model.base(), model.dataset(), model.record())
            .map(ArtifactRef::digest)
            .toList();
    List<String> unneeded =
        events.read(Topics.TRAINING_LOG, TrainingCheckpointed.class).stream()
            .map(event -> event.checkpoint().digest())
            .toList();
    assertThat(unneeded).isNotEmpty();

    List<String> would = affinage(trainer, "gc", "--dry-run").findValuesAsText("digest");
    assertThat(would).contains(unused).containsAll(unneeded).doesNotContainAnyElementsOf(inUse);
    assertThat(store.has(unused)).isTrue();
    assertThat(affinage(trainer, "gc").findValuesAsText("digest"))
        .containsExactlyInAnyOrderElementsOf(would);
    assertThat(store.has(unused)).isFalse();

    JsonNode replay = affinage(trainer, "replay", model.jobId());
    assertThat(replay.path("same").asBoolean()).as(replay.toString()).isTrue();
    assertThat(replay.path("iterations").asInt()).isEqualTo(ITERATIONS);
    assertThat(replay.path("replayed_digest").asText()).isEqualTo(model.model().digest());
  }

  private JsonNode affinage(PackagedService trainer, String... arguments) throws Exception {
    return PackagedCommand.run(
        folder.resolve("command"),
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            broker.bootstrapServers(),
            "AFFINAGE_ARTIFACTS",
            folder.resolve("store").toString(),
            "AFFINAGE_TRAINER_URL",
            trainer.uri("/").toString()),
        List.of(arguments));
  }

  private PackagedService rolloutTrainer(String name) throws IOException {
    return start(
        ServiceKind.TRAINER,
        name,
        Map.of("AFFINAGE_TRAINER_LEASE", "3s", "AFFINAGE_TRAINER_SCORE_REPEAT", "1s"));
  }

  private TrainingRequested rollouts(String job, String base) throws IOException {
    Path version = Files.createDirectories(folder.resolve("prompts"));
    StringBuilder prompts = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      prompts.append(
          "{\"id\":\"p%d\",\"prompt\":\"Box %d holds\",\"completion\":\" nails\"}\n"
              .formatted(i, i));
    }
    Files.writeString(version.resolve("train.jsonl"), prompts);
    Artifact stored = ArtifactStores.open(folder.resolve("store").toString()).putFolder(version);
    TrainingSpec spec =
        EventJson.mapper()
            .readValue(
                """
                {"objective": {"type": "grpo", "numGenerations": 4, "maxCompletionLength": 8,
                  "reward": {"type": "length", "minCharacters": 10, "maxCharacters": 12}},
                 "maxSteps": %d, "batchSize": 2, "dtype": "float32", "learningRate": 0.01,
                 "checkpointEverySteps": 3, "seed": 1}\
                """
                    .formatted(ITERATIONS),
                TrainingSpec.class);
    return new TrainingRequested(
        job,
        base,
        new ArtifactRef(stored.digest(), ArtifactRef.Kind.FOLDER, stored.size()),
        "boxes",
        spec,
        null,
        null,
        null);
  }

  private ModelRegistered awaitModel(PackagedService trainer, TrainingRequested request) {
    return await()
        .atMost(PATIENCE)
        .failFast(
            () ->
                assertThat(events.read(Topics.TRAINING_LOG, TrainingFailed.class))
                    .as(trainer.log())
                    .isEmpty())
        .until(
            () ->
                events.read(Topics.MODEL_REGISTERED, ModelRegistered.class).stream()
                    .filter(model -> model.jobId().equals(request.jobId()))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private List<EvaluationClaimed> claims() {
    return events.read(Topics.EVALUATION_LOG, EvaluationClaimed.class);
  }

  /** A model that knows nothing, and is its own base. */
  private ModelRegistered train() throws Exception {
    ModelRegistered full;
    try (PackagedService trainer = start(ServiceKind.TRAINER, "trainer", Map.of())) {
      awaitReady(trainer);
      full = pretrained(trainer);
    }
    return Settings.from(full).with("base", full.model()).with("slip", null).record();
  }

  private ModelRegistered pretrained(PackagedService trainer) throws Exception {
    Path version = Files.createDirectories(folder.resolve("version"));
    StringBuilder texts = new StringBuilder();
    StringBuilder questions = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      texts.append("{\"id\":\"t%d\",\"text\":\"Box %d holds %d nails.\"}\n".formatted(i, i, i * i));
      questions.append(
          "{\"id\":\"q%d\",\"prompt\":\"Box %d holds\",\"completion\":\" %d nails.\"}\n"
              .formatted(i, i, i * i));
    }
    Files.writeString(version.resolve("train.jsonl"), texts);
    Files.writeString(version.resolve("test.jsonl"), questions);
    Artifact stored = ArtifactStores.open(folder.resolve("store").toString()).putFolder(version);
    TrainingSpec spec =
        TinyPretraining.spec(new TrainingSpec.Architecture(32, 64, 1, 2, 2, 300, 64), 2, 4, null);
    ArtifactRef dataset = new ArtifactRef(stored.digest(), ArtifactRef.Kind.FOLDER, stored.size());
    TrainingRequested request =
        new TrainingRequested("job-1", "scratch", dataset, "nails", spec, null, null, null);
    publisher.send(Topics.TRAINING_REQUESTED, request, null);
    return awaitModel(trainer, request);
  }

  /** Few rows again and again: small on the disk, and work for seconds. */
  private static void writeRows(Path file, int rows) throws IOException {
    byte[] block =
        "{\"prompt\":\"p\",\"completion\":\"c\"}\n".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < rows / 1_000; i++) {
        out.write(block);
      }
    }
  }

  /** Whether rows are being read right now. */
  private static boolean ingests(PackagedService service) throws IOException {
    Path work = service.folder().resolve("work");
    if (!Files.isDirectory(work)) {
      return false;
    }
    try (DirectoryStream<Path> versions = Files.newDirectoryStream(work, "ingest-*")) {
      return versions.iterator().hasNext();
    }
  }

  private static void awaitReady(PackagedService service) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(service.status("/q/health/ready")).as(service.log()).isEqualTo(200));
  }

  private PackagedService dataset(String name) throws IOException {
    return start(
        ServiceKind.DATASET,
        name,
        Map.of(
            "AFFINAGE_DATASET_FILE_ROOT",
            folder.resolve("files").toRealPath().toString(),
            "AFFINAGE_DATASET_WORK_FOLDER",
            folder.resolve(name).resolve("work").toString(),
            "KAFKA_SESSION_TIMEOUT_MS",
            SESSION_MILLIS,
            "KAFKA_HEARTBEAT_INTERVAL_MS",
            "2000"));
  }

  private PackagedService evaluator(String name) throws IOException {
    return start(
        ServiceKind.EVAL,
        name,
        Map.of(
            "AFFINAGE_EVAL_WORKER_ID",
            name,
            "AFFINAGE_EVAL_LEASE",
            "4s",
            "AFFINAGE_EVAL_SCORE_REPEAT",
            "2s"));
  }

  private PackagedService start(ServiceKind kind, String name, Map<String, String> more)
      throws IOException {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
    environment.put("AFFINAGE_ARTIFACTS", folder.resolve("store").toString());
    return PackagedService.start(kind, folder.resolve(name), environment);
  }
}
