package io.affinage.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.EventJson;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingControlRequested.Action;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.kafka.JobLogWriter;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.SmallDisk;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.engine.HashingEngine;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Events;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobStatus;
import io.affinage.trainer.job.Refs;
import io.affinage.trainer.llm.LlmTrainingEngine;
import io.affinage.trainer.llm.NoRewards;
import io.affinage.trainer.work.SilentMetrics;
import io.affinage.trainer.work.WorkSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainers on a real broker; the engine is a hash chain that tells whether a step was lost. */
class TrainerRuntimeIT {
  private static final String DATA = "{\"text\":\"one\"}\n";
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final Duration GRACE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Duration BRIEF = Duration.ofMillis(50);
  private static TestBroker broker;

  @TempDir Path folder;
  private ArtifactStore store;
  private ArtifactRef dataset;
  private ArtifactRef base;
  private final SilentMetrics metrics = new SilentMetrics();
  private final List<TrainerRuntime> running = new ArrayList<>();

  @BeforeAll
  static void startBroker() {
    broker = TestBroker.start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new TopicProvisioner(admin, 2, 1).provision();
    }
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void prepare() throws IOException {
    store = new FolderArtifactStore(folder.resolve("store"));
    dataset = put("dataset", "train.jsonl", DATA);
    base = put("base", "config.json", "{}");
  }

  @AfterEach
  void stopTrainers() throws InterruptedException {
    for (TrainerRuntime runtime : running) {
      runtime.stop(GRACE);
    }
  }

  @Test
  void shouldTrainAndHandOnToTheNextStage() throws Exception {
    TrainerRuntime trainer = start("a", new HashingEngine());
    Stage.Evaluate evaluate =
        new Stage.Evaluate(
            new EvaluationSpec(null, null, null, null, null, null, null, null, null));
    TrainingRequested request = request(6, 2, new RoutingSlip("run-1", List.of(evaluate)));

    trainer.commands().request(request);

    ModelRegistered model = awaitModel(trainer, request);
    assertThat(weights(model)).isEqualTo(HashingEngine.weights(DATA, 6, 7));
    assertThat(model.modelId()).startsWith("base-");
    assertThat(model.lineage().datasetDigest()).isEqualTo(dataset.digest());
    assertThat(model.lineage().baseModelDigest()).isEqualTo(base.digest());
    assertThat(model.lineage().spec().batchSize()).isEqualTo(8);
    assertThat(model.lineage().codeVersion()).isEqualTo("test");
    assertThat(trainer.board().checkpoints(request.jobId())).hasSize(2);
    try (TopicDump evaluations = TopicDump.of(broker, "evaluation.requested")) {
      evaluations.awaitContains(model.modelId());
    }
  }

  @Test
  void shouldShareTheQueueOldestFirst() throws Exception {
    HashingEngine first = new HashingEngine().gated();
    HashingEngine second = new HashingEngine().gated();
    TrainerRuntime a = start("a", first);
    TrainerRuntime b = start("b", second);
    List<TrainingRequested> requests = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      requests.add(request(3, 10, null));
      a.commands().request(requests.get(i));
    }
    await().atMost(PATIENCE).until(() -> first.runs() == 1 && second.runs() == 1);
    assertThat(a.board().find(requests.get(0).jobId()).orElseThrow().status())
        .isEqualTo(JobStatus.RUNNING);
    assertThat(a.board().find(requests.get(1).jobId()).orElseThrow().status())
        .isEqualTo(JobStatus.RUNNING);
    assertThat(a.board().find(requests.get(3).jobId()).orElseThrow().status())
        .isEqualTo(JobStatus.QUEUED);

    first.open();
    second.open();

    for (TrainingRequested request : requests) {
      assertThat(weights(awaitModel(b, request))).isEqualTo(HashingEngine.weights(DATA, 3, 7));
    }
    assertThat(first.runs() + second.runs()).isEqualTo(4);
  }

  @Test
  void shouldResumeElsewhereWhenAWorkerFallsSilent() throws Exception {
    HashingEngine dying = new HashingEngine().gated();
    TrainerRuntime a = start("a", dying);
    TrainingRequested request = request(8, 2, null);
    a.commands().request(request);
    dying.permit(5);
    await().atMost(PATIENCE).until(() -> a.board().checkpoints(request.jobId()).size() == 2);
    await().atMost(PATIENCE).until(() -> dying.stepsDone() == 5);
    HashingEngine rescuing = new HashingEngine();
    TrainerRuntime b = start("b", rescuing);

    a.close();
    running.remove(a);

    ModelRegistered model = awaitModel(b, request);
    assertThat(model.attempt()).isGreaterThan(1);
    assertThat(rescuing.stepsDone()).isEqualTo(4);
    assertThat(weights(model)).isEqualTo(HashingEngine.weights(DATA, 8, 7));
  }

  /** The first attempt was an older trainer's, whose defaults were others. */
  @Test
  void shouldTrainByTheSpecificationThatTheFirstClaimRecorded() throws Exception {
    TrainingRequested request = request(4, 10, null);
    TrainingSpec given = request.spec();
    TrainingSpec recorded = SpecResolver.resolve(given, false);
    JsonNode changed =
        ((ObjectNode) EventJson.mapper().valueToTree(recorded)).put("batchSize", 5).put("seed", 3);
    append(
        new TrainingClaimed(
            request.jobId(),
            1,
            "older",
            300,
            EventJson.mapper().treeToValue(changed, TrainingSpec.class)));

    TrainerRuntime trainer = start("newer", new HashingEngine());
    trainer.commands().request(request);

    ModelRegistered model = awaitModel(trainer, request);
    assertThat(model.attempt()).isEqualTo(2);
    assertThat(model.lineage().spec().batchSize()).isEqualTo(5);
    assertThat(weights(model)).isEqualTo(HashingEngine.weights(DATA, 4, 3));
  }

  /** The real library, asked for a device that this machine has not. */
  @Test
  void shouldGiveAJobBackThatThisWorkerCannotDoAndFinishItElsewhere() throws Exception {
    TrainerRuntime broken = start("broken", new LlmTrainingEngine("cuda:99", NoRewards.SCORER));
    TrainingRequested request = tinyPretraining();
    broken.commands().request(request);
    await().atMost(PATIENCE).until(() -> told(broken, request, "[device_unavailable]"));
    assertThat(broken.fitness().ailment())
        .get()
        .satisfies(each -> assertThat(each.why().code()).isEqualTo("device_unavailable"));

    TrainerRuntime sound = start("sound", new LlmTrainingEngine("cpu", NoRewards.SCORER));

    // A real training beside a broker, on however few cores.
    await().atMost(Duration.ofMinutes(4)).until(() -> job(sound, request).status().terminal());
    ModelRegistered model = awaitModel(sound, request);
    assertThat(model.workerId()).startsWith("sound");
    assertThat(model.attempt()).isGreaterThan(1);
    assertThat(told(sound, request, "gave the job back: device 'cuda:99' is not here")).isTrue();
  }

  @Test
  void shouldFailAJobThatWasGivenBackTooOftenWithTheLastReasonAndAllAttempts() throws Exception {
    TrainerRuntime broken =
        start("broken", new LlmTrainingEngine("cuda:99", NoRewards.SCORER), LEASE, store, BRIEF);
    TrainingRequested request = tinyPretraining();

    broken.commands().request(request);

    awaitStatus(broken, request, JobStatus.FAILED);
    TrainingFailed failed = (TrainingFailed) job(broken, request).terminal();
    assertThat(failed.error().code()).isEqualTo("device_unavailable");
    assertThat(failed.error().message())
        .startsWith("device 'cuda:99' is not here")
        .contains("given back by 3 attempts: 1 by broken-")
        .contains("; 3 by broken-");
  }

  private TrainingRequested tinyPretraining() throws IOException {
    ArtifactRef documents =
        put(
            "documents",
            Map.of(
                "train.jsonl",
                "{\"id\":\"a\",\"text\":\"Box 1 is red. Box 2 is green. Box 3 is blue.\"}\n"
                    .repeat(8),
                "validation.jsonl",
                ""));
    TrainingSpec given = Events.steps(2, 10);
    JsonNode spec =
        ((ObjectNode) EventJson.mapper().valueToTree(given))
            .put("method", "pretrain")
            .put("maxLength", 16)
            .put("batchSize", 2)
            .set(
                "architecture",
                EventJson.mapper()
                    .valueToTree(new TrainingSpec.Architecture(16, 32, 1, 2, 1, 300, 16)));
    return new TrainingRequested(
        "job-" + UUID.randomUUID(),
        "scratch",
        documents,
        "documents",
        EventJson.mapper().convertValue(spec, TrainingSpec.class),
        null,
        null,
        null);
  }

  @Test
  void shouldDropTheResultOfAWorkerThatComesBackTooLate() throws Exception {
    HashingEngine slow = new HashingEngine().stalled();
    TrainerRuntime a = start("a", slow, LEASE);
    TrainingRequested request = request(4, 10, null);
    a.commands().request(request);
    await().atMost(PATIENCE).until(() -> slow.runs() == 1);
    TrainerRuntime b = start("b", new HashingEngine());
    Job stalled = job(b, request);
    int attempt = stalled.attempt();
    String worker = stalled.state().holder().orElseThrow().workerId();
    // In the name of a worker that knows nothing of it, as after a lease that ran out.
    append(new TrainingReleased(request.jobId(), attempt, worker, "forged"));
    ModelRegistered model = awaitModel(b, request);

    slow.open();

    await().atMost(PATIENCE).until(() -> slow.stopped());
    assertThat(model.attempt()).isEqualTo(attempt + 1);
    try (TopicDump registered = TopicDump.of(broker, "model.registered")) {
      assertThat(registered.keysWithValue(request.jobId())).hasSize(1);
    }
  }

  @Test
  void shouldReleaseTheJobWhenStoppedAndGoOnElsewhere() throws Exception {
    HashingEngine stopping = new HashingEngine().gated();
    TrainerRuntime a = start("a", stopping, Duration.ofMinutes(10));
    TrainingRequested request = request(6, 100, null);
    a.commands().request(request);
    stopping.permit(3);
    await().atMost(PATIENCE).until(() -> stopping.stepsDone() == 3);

    a.stop(GRACE);
    running.remove(a);
    HashingEngine next = new HashingEngine();
    TrainerRuntime b = start("b", next);

    assertThat(weights(awaitModel(b, request))).isEqualTo(HashingEngine.weights(DATA, 6, 7));
    assertThat(next.stepsDone()).isEqualTo(3);
  }

  @Test
  void shouldCancelARunningAndAQueuedJob() throws Exception {
    HashingEngine engine = new HashingEngine().gated();
    TrainerRuntime trainer = start("a", engine);
    TrainingRequested first = request(5, 100, null);
    TrainingRequested second = request(5, 100, null);
    trainer.commands().request(first);
    await().atMost(PATIENCE).until(() -> engine.runs() == 1);
    trainer.commands().request(second);

    trainer.commands().control(second.jobId(), Action.CANCEL);
    awaitStatus(trainer, second, JobStatus.CANCELLED);
    assertThat(job(trainer, first).status()).isEqualTo(JobStatus.RUNNING);
    trainer.commands().control(first.jobId(), Action.CANCEL);

    awaitStatus(trainer, first, JobStatus.CANCELLED);
    assertThat(engine.runs()).isEqualTo(1);
  }

  @Test
  void shouldPauseAndResumeFromTheSameStep() throws Exception {
    HashingEngine engine = new HashingEngine().gated();
    TrainerRuntime trainer = start("a", engine);
    TrainingRequested request = request(6, 100, null);
    trainer.commands().request(request);
    engine.permit(2);
    await().atMost(PATIENCE).until(() -> engine.stepsDone() == 2);

    trainer.commands().control(request.jobId(), Action.PAUSE);
    awaitStatus(trainer, request, JobStatus.PAUSED);
    engine.open();
    trainer.commands().control(request.jobId(), Action.RESUME);

    assertThat(weights(awaitModel(trainer, request))).isEqualTo(HashingEngine.weights(DATA, 6, 7));
    assertThat(engine.stepsDone()).isEqualTo(6);
  }

  @Test
  void shouldFailWithTheEnginesCode() throws Exception {
    HashingEngine engine = new HashingEngine();
    engine.fail(new TrainingException("non_finite_loss", "the loss of step 1 is NaN", null));
    TrainerRuntime trainer = start("a", engine);
    TrainingRequested request = request(2, 10, null);
    trainer.commands().request(request);

    awaitStatus(trainer, request, JobStatus.FAILED);

    TrainingFailed failed = (TrainingFailed) job(trainer, request).terminal();
    assertThat(failed.error().code()).isEqualTo("non_finite_loss");
  }

  /** A stage goes on from the model of the one before, and the model says what it came from. */
  @Test
  void shouldTrainOnFromTheStageBefore() throws Exception {
    HashingEngine engine = new HashingEngine();
    TrainerRuntime trainer = start("a", engine);
    TrainingRequested first =
        request(
            2,
            10,
            new RoutingSlip(
                "run-1",
                List.of(
                    new Stage.Train(
                        Stage.PREVIOUS, Events.steps(17, 10), null, null, "more", null, null),
                    new Stage.Train("stage:more", Events.steps(18, 10), null))));
    trainer.commands().request(first);

    String before = awaitModel(trainer, first).modelId();
    for (int steps : List.of(17, 18)) { // as no other test has
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  trainer.board().all().stream()
                      .anyMatch(
                          job ->
                              job.request().spec().maxSteps() == steps
                                  && job.terminal() instanceof ModelRegistered));
      ModelRegistered made =
          (ModelRegistered)
              trainer.board().all().stream()
                  .filter(job -> job.request().spec().maxSteps() == steps)
                  .findFirst()
                  .orElseThrow()
                  .terminal();
      assertThat(made.baseModel()).isEqualTo(before);
      before = made.modelId();
    }
  }

  @Test
  void shouldFailASettingThatNobodyKnows() throws Exception {
    TrainerRuntime trainer = start("a", new HashingEngine());
    TrainingRequested request = request(2, 10, null);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(
              ExampleRecords.record(
                  "training.requested",
                  "io.affinage.training.requested.v1",
                  request.jobId(),
                  EventJson.mapper()
                      .writeValueAsString(request)
                      .replace("\"maxSteps\"", "\"maxStep\"")))
          .get();
    }
    await().atMost(PATIENCE).until(() -> trainer.board().find(request.jobId()).isPresent());

    awaitStatus(trainer, request, JobStatus.FAILED);

    TrainingFailed failed = (TrainingFailed) job(trainer, request).terminal();
    assertThat(failed.error().code()).isEqualTo("unknown_setting");
    assertThat(failed.error().param()).isEqualTo("spec.maxStep");
    assertThat(failed.error().message()).contains("did you mean 'maxSteps'?");
  }

  @Test
  void shouldSayThatTheBaseModelIsUnknown() throws Exception {
    TrainerRuntime trainer = start("a", new HashingEngine());
    TrainingRequested asked = request(2, 10, null);
    TrainingRequested request =
        new TrainingRequested(
            asked.jobId(), "model:nobody", dataset, "d", asked.spec(), null, null, null);
    trainer.commands().request(request);

    awaitStatus(trainer, request, JobStatus.FAILED);

    TrainingFailed failed = (TrainingFailed) job(trainer, request).terminal();
    assertThat(failed.error().code()).isEqualTo("model_not_found");
    assertThat(failed.error().message()).contains("'nobody'");
  }

  @Test
  void shouldTrainOnceForARequestThatIsSentThreeTimes() throws Exception {
    HashingEngine engine = new HashingEngine();
    TrainerRuntime trainer = start("a", engine);
    TrainingRequested request = request(2, 10, null);
    for (int i = 0; i < 3; i++) {
      trainer.commands().request(request);
    }
    ModelRegistered model = awaitModel(trainer, request);
    trainer.commands().request(request);
    TrainingRequested marker = request(2, 10, null);
    trainer.commands().request(marker);
    awaitModel(trainer, marker);

    assertThat(engine.runs()).isEqualTo(2);
    assertThat(job(trainer, request).terminal()).isEqualTo(model);
  }

  @Test
  void shouldSurviveARestartOfTheBroker() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        broker.canRestart(), "this broker cannot be restarted");
    HashingEngine engine = new HashingEngine().gated();
    TrainerRuntime trainer = start("a", engine, Duration.ofSeconds(10));
    TrainingRequested request = request(6, 2, null);
    trainer.commands().request(request);
    engine.permit(3);
    await().atMost(PATIENCE).until(() -> engine.stepsDone() == 3);

    broker.restart();
    engine.open();

    assertThat(weights(awaitModel(trainer, request))).isEqualTo(HashingEngine.weights(DATA, 6, 7));
    try (TopicDump registered = TopicDump.of(broker, "model.registered")) {
      assertThat(registered.keysWithValue(request.jobId())).hasSize(1);
    }
  }

  @Test
  void shouldTrainOnWhileItsProgressCannotBeSent() throws Exception {
    TrainerRuntime trainer = start("a", new HashingEngine());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.deleteTopics(List.of("training.progress")).all().get();
      try {
        // One event a step: if each waited for the topic, this would take half an hour.
        TrainingRequested request = request(200, 50, null);
        trainer.commands().request(request);

        assertThat(weights(awaitModel(trainer, request)))
            .isEqualTo(HashingEngine.weights(DATA, 200, 7));
        await().atMost(PATIENCE).until(() -> metrics.unsent() > 0);
        assertThat(job(trainer, request).checkpoint()).isPresent();
      } finally {
        new TopicProvisioner(admin, 2, 1).provision();
      }
    }
  }

  @Test
  void shouldWaitVisiblyWithAResultThatNoStoreTakesUntilTheUserCancels() throws Exception {
    TrainerRuntime trainer = start("a", new HashingEngine(), LEASE, new ReadOnlyStore(store));
    TrainingRequested request = request(4, 2, null);
    trainer.commands().request(request);

    await().atMost(PATIENCE).until(() -> metrics.waits() >= 5);
    await().atMost(PATIENCE).until(() -> told(trainer, request, "Waiting: cannot store the model"));
    assertThat(job(trainer, request).status()).isEqualTo(JobStatus.RUNNING);
    assertThat(job(trainer, request).checkpoint()).isEmpty();
    assertThat(metrics.missed()).isEqualTo(1);
    trainer.commands().control(request.jobId(), Action.CANCEL);

    awaitStatus(trainer, request, JobStatus.CANCELLED);
  }

  @Test
  void shouldOutliveAnArtifactStoreThatIsReadOnlyForAWhile() throws Exception {
    ReadOnlyStore readOnly = new ReadOnlyStore(store).forRefusals(6);
    TrainerRuntime trainer = start("a", new HashingEngine(), LEASE, readOnly);
    TrainingRequested request = request(4, 2, null);
    trainer.commands().request(request);

    assertThat(weights(awaitModel(trainer, request))).isEqualTo(HashingEngine.weights(DATA, 4, 7));
    assertThat(told(trainer, request, "Fine-tuning job goes on")).isTrue();
  }

  @Test
  void shouldFinishATrainingWhoseDiskWasFullLongerThanItsLease() throws Exception {
    Path mounted = Files.createDirectories(folder.resolve("disk"));
    try (SmallDisk disk = SmallDisk.mount(mounted, 2)) {
      store = new FolderArtifactStore(disk.folder());
      dataset = put("dataset", "train.jsonl", DATA);
      base = put("base", "config.json", "{}");
      HashingEngine engine = new HashingEngine().gated();
      TrainerRuntime a = start("a", engine);
      TrainingRequested request = request(5, 2, null);
      a.commands().request(request);
      await().atMost(PATIENCE).until(() -> engine.runs() == 1);
      TrainerRuntime b = start("b", new HashingEngine());
      disk.fill();
      engine.open();

      // With doubling pauses from 50 ms the seventh try is later than a lease.
      await().atMost(PATIENCE).until(() -> metrics.waits() >= 7);
      assertThat(told(b, request, "Waiting: cannot store the model")).isTrue();
      assertThat(told(b, request, "is full")).isTrue();
      disk.free();

      ModelRegistered model = awaitModel(b, request);
      assertThat(weights(model)).isEqualTo(HashingEngine.weights(DATA, 5, 7));
      assertThat(model.attempt()).isEqualTo(1);
      stopTrainers();
      running.clear();
    }
  }

  private static boolean told(TrainerRuntime trainer, TrainingRequested request, String text) {
    return trainer.board().events(request.jobId()).stream()
        .anyMatch(event -> event.message().contains(text));
  }

  private TrainerRuntime start(String worker, TrainingEngine engine) {
    return start(worker, engine, LEASE);
  }

  private TrainerRuntime start(String worker, TrainingEngine engine, Duration lease) {
    return start(worker, engine, lease, store);
  }

  private TrainerRuntime start(
      String worker, TrainingEngine engine, Duration lease, ArtifactStore artifacts) {
    return start(worker, engine, lease, artifacts, Duration.ofMinutes(1));
  }

  /**
   * @param faultPause how long it leaves jobs to others after a fault of its own
   */
  private TrainerRuntime start(
      String worker,
      TrainingEngine engine,
      Duration lease,
      ArtifactStore artifacts,
      Duration faultPause) {
    TrainerRuntime runtime =
        new TrainerRuntime(
            worker + "-" + UUID.randomUUID(),
            new KafkaClients(Map.of("bootstrap.servers", broker.bootstrapServers())),
            artifacts,
            engine,
            models ->
                new BaseModels(
                    artifacts,
                    models,
                    (name, revision) -> {
                      throw new TrainingException("model_not_found", "no hub here", "model");
                    },
                    List.of()),
            metrics,
            new WorkSettings(
                lease,
                Duration.ZERO,
                2,
                Duration.ofMillis(50),
                3,
                3,
                faultPause,
                folder.resolve("work"),
                "test"),
            Duration.ofSeconds(20));
    running.add(runtime);
    runtime.start();
    await().atMost(PATIENCE).until(runtime::started);
    return runtime;
  }

  private static void append(EventData entry) {
    EventFactory events = new EventFactory("/test", Clock.systemUTC());
    try (JobLogWriter log =
        new JobLogWriter(Map.of("bootstrap.servers", broker.bootstrapServers()), JobLog.TRAINING)) {
      log.append(events.create(entry));
    }
  }

  private TrainingRequested request(int steps, int checkpointEvery, RoutingSlip slip) {
    return new TrainingRequested(
        "job-" + UUID.randomUUID(),
        "artifact:" + base.digest(),
        dataset,
        "desk",
        Events.steps(steps, checkpointEvery),
        null,
        null,
        slip);
  }

  private ArtifactRef put(String name, String file, String content) throws IOException {
    return put(name, Map.of(file, content));
  }

  private ArtifactRef put(String name, Map<String, String> files) throws IOException {
    Path source = Files.createDirectories(folder.resolve(name));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(source.resolve(file.getKey()), file.getValue());
    }
    Artifact stored = store.putFolder(source);
    return Refs.of(stored);
  }

  private String weights(ModelRegistered model) throws IOException {
    return Files.readString(
        store.localFolder(model.model().digest()).resolve("adapter_model.safetensors"));
  }

  private static Job job(TrainerRuntime trainer, TrainingRequested request) {
    return trainer.board().find(request.jobId()).orElseThrow();
  }

  private static void awaitStatus(
      TrainerRuntime trainer, TrainingRequested request, JobStatus status) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(job(trainer, request).status()).isEqualTo(status));
  }

  private static ModelRegistered awaitModel(TrainerRuntime trainer, TrainingRequested request) {
    await().atMost(PATIENCE).until(() -> job(trainer, request).status().terminal());
    assertThat(job(trainer, request).terminal()).isInstanceOf(ModelRegistered.class);
    return (ModelRegistered) job(trainer, request).terminal();
  }
}
