package io.affinage.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.EventJson;
import io.affinage.events.EventSerializer;
import io.affinage.events.EventType;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.TrainingControlRequested.Action;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.reward.RewardClient;
import io.affinage.events.spec.SpecResolver;
import io.affinage.service.store.StoredBatches;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.RolloutRecord;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobStatus;
import io.affinage.trainer.job.Refs;
import io.affinage.trainer.llm.LlmTrainingEngine;
import io.affinage.trainer.llm.NoRewards;
import io.affinage.trainer.work.Replays;
import io.affinage.trainer.work.SilentMetrics;
import io.affinage.trainer.work.WorkSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A trainer that dies at named points of the loop of rollouts, and others that go on: on a real
 * broker, with the real engine on a tiny model.
 */
class RolloutKillsIT {
  private static final Duration LEASE = Duration.ofMillis(1_200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static TestBroker broker;

  @TempDir static Path folder;
  private static ArtifactStore store;
  private static ArtifactRef base;
  private static ArtifactRef dataset;

  /** Ends a thread as a kill ends a process: nothing is told, nothing is given back. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed(String point) {
      super("killed " + point);
    }
  }

  /** Where to die, in order. */
  private static final class Deaths {
    private final Deque<String> points;

    /** What happens when a batch is on record; it may wait until the run is to stop. */
    private volatile Consumer<BooleanSupplier> atBatch = stopping -> {};

    Deaths(String... points) {
      this.points = new ArrayDeque<>(List.of(points));
    }

    synchronized void at(String point) {
      if (point.equals(points.peek())) {
        points.pop();
        throw new Killed(point);
      }
    }

    synchronized int left() {
      return points.size();
    }
  }

  private record DyingStore(ArtifactStore store, Deaths deaths) implements ArtifactStore {
    @Override
    public Artifact putFile(Path file) throws IOException {
      String name = file.getFileName().toString().replace(".safetensors", "");
      deaths.at("before the artifact of " + name);
      Artifact put = store.putFile(file);
      deaths.at("after the artifact of " + name);
      return put;
    }

    @Override
    public Artifact put(InputStream content) throws IOException {
      return store.put(content);
    }

    @Override
    public Artifact putFolder(Path source) throws IOException {
      String name = source.getFileName().toString().replaceAll("-.*", "");
      Artifact put = store.putFolder(source);
      deaths.at("after the artifact of " + name);
      return put;
    }

    @Override
    public boolean has(String digest) throws IOException {
      return store.has(digest);
    }

    @Override
    public InputStream open(String digest) throws IOException {
      return store.open(digest);
    }

    @Override
    public InputStream open(String folderDigest, String path) throws IOException {
      return store.open(folderDigest, path);
    }

    @Override
    public Path localFile(String digest) throws IOException {
      return store.localFile(digest);
    }

    @Override
    public Path localFolder(String digest) throws IOException {
      return store.localFolder(digest);
    }
  }

  private record DyingRecord(RolloutRecord record, Deaths deaths, BooleanSupplier stopping)
      implements RolloutRecord {
    @Override
    public Optional<Sampled> sampled(int iteration, String policy) throws TrainingException {
      return record.sampled(iteration, policy);
    }

    @Override
    public void recordSampled(int iteration, String policy, int completions, Path file)
        throws TrainingException {
      record.recordSampled(iteration, policy, completions, file);
      deaths.at("after the event of rollouts");
    }

    @Override
    public Optional<Path> batch(int iteration, String policy, int number) throws TrainingException {
      return record.batch(iteration, policy, number);
    }

    @Override
    public void recordBatch(int iteration, String policy, int number, int completions, Path file)
        throws TrainingException {
      record.recordBatch(iteration, policy, number, completions, file);
      deaths.at("after the event of batch");
      deaths.atBatch.accept(stopping);
    }

    @Override
    public Optional<Path> scores(int iteration, String policy) throws TrainingException {
      return record.scores(iteration, policy);
    }

    @Override
    public void recordScores(int iteration, String policy, Path file) throws TrainingException {
      record.recordScores(iteration, policy, file);
      deaths.at("after the event of scores");
    }

    @Override
    public void recordUpdate(int iteration, String before, String after) throws TrainingException {
      deaths.at("before the event of the update");
      record.recordUpdate(iteration, before, after);
      deaths.at("after the event of the update");
    }
  }

  private record DyingListener(EngineListener listener, Deaths deaths) implements EngineListener {
    @Override
    public RolloutRecord record() {
      return new DyingRecord(listener.record(), deaths, listener::shouldStop);
    }

    @Override
    public void onStep(EngineProgress progress) {
      listener.onStep(progress);
    }

    @Override
    public void onCheckpoint(int step, Path at, Double trainLoss) {
      listener.onCheckpoint(step, at, trainLoss);
      deaths.at("after the event of the checkpoint");
    }

    @Override
    public boolean shouldStop() {
      return listener.shouldStop();
    }
  }

  private record DyingEngine(TrainingEngine engine, Deaths deaths) implements TrainingEngine {
    @Override
    public EngineOutcome run(
        TrainingJob job,
        Path datasetFolder,
        Optional<BaseFolders> from,
        Optional<Path> resumeFrom,
        Path workFolder,
        EngineListener listener)
        throws TrainingException {
      return engine.run(
          job, datasetFolder, from, resumeFrom, workFolder, new DyingListener(listener, deaths));
    }

    @Override
    public EngineOutcome rerun(
        TrainingJob job,
        Path datasetFolder,
        Optional<BaseFolders> from,
        Path workFolder,
        EngineListener listener)
        throws TrainingException {
      return engine.rerun(job, datasetFolder, from, workFolder, listener);
    }

    @Override
    public boolean isBusy() {
      return engine.isBusy();
    }

    @Override
    public Preflight preflight(
        TrainingJob job, Path datasetFolder, Optional<BaseFolders> from, Path workFolder)
        throws TrainingException {
      return engine.preflight(job, datasetFolder, from, workFolder);
    }
  }

  @BeforeAll
  static void prepare() throws Exception {
    broker = TestBroker.start();
    try (Admin admin = Admin.create(connection())) {
      new TopicProvisioner(admin, 2, 1).provision();
    }
    store = new FolderArtifactStore(folder.resolve("store"));
    Path text = Files.createDirectories(folder.resolve("text"));
    Files.writeString(
        text.resolve("train.jsonl"),
        "{\"id\":\"d\",\"text\":\"Box 1. Colour: red. Box 2. Colour: blue.\"}\n".repeat(4));
    EngineOutcome.Completed pretrained =
        (EngineOutcome.Completed)
            new LlmTrainingEngine("cpu", NoRewards.SCORER)
                .run(
                    new TrainingJob(
                        "base",
                        SpecResolver.resolve(
                            spec(
                                "{'method': 'pretrain', 'maxSteps': 2, 'maxLength': 32, 'dtype': 'float32', 'architecture': {'hiddenSize': 16, 'intermediateSize': 32, 'layers': 2, 'heads': 2, 'kvHeads': 1, 'vocabularySize': 290, 'contextLength': 64}}"),
                            true),
                        null),
                    text,
                    Optional.empty(),
                    Optional.empty(),
                    Files.createDirectories(folder.resolve("pretraining")),
                    new EngineListener() {
                      @Override
                      public void onStep(EngineProgress progress) {}

                      @Override
                      public void onCheckpoint(int step, Path at, Double trainLoss) {}

                      @Override
                      public boolean shouldStop() {
                        return false;
                      }
                    });
    base = Refs.of(store.putFolder(pretrained.modelFolder()));
    Path questions = Files.createDirectories(folder.resolve("questions"));
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      rows.append(
          "{\"id\":\"q%d\",\"prompt\":\"Box %d. Colour:\",\"completion\":\" red\"}\n"
              .formatted(i, i));
    }
    Files.writeString(questions.resolve("train.jsonl"), rows.toString());
    dataset = Refs.of(store.putFolder(questions));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  private static Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private static TrainingSpec spec(String json) throws IOException {
    return EventJson.mapper().readValue(json.replace('\'', '"'), TrainingSpec.class);
  }

  /** By what an answer says, and by nothing else. */
  private static AnswerScorer scorer(AtomicInteger asked) {
    return (reward, answers, at, waiting) -> {
      asked.incrementAndGet();
      return AnswerScorer.Scores.of(
          answers.stream()
              .map(answer -> OptionalDouble.of((answer.completion().hashCode() & 255) / 256.0))
              .toList());
    };
  }

  private static TrainingRequested request(int steps, int iterations) throws IOException {
    return request(
        "'numGenerations': 4, 'maxCompletionLength': 4, 'numIterations': %d}, 'maxSteps': %d, 'batchSize': 2, 'checkpointEverySteps': 3"
            .formatted(iterations, steps));
  }

  /** Two iterations of 96 answers, which are sampled in two batches. */
  private static TrainingRequested batches() throws IOException {
    return request(
        "'numGenerations': 16, 'maxCompletionLength': 12}, 'maxSteps': 2, 'batchSize': 6, 'checkpointEverySteps': 3");
  }

  private static TrainingRequested request(String settings) throws IOException {
    return new TrainingRequested(
        "job-" + UUID.randomUUID(),
        "artifact:" + base.digest(),
        dataset,
        "boxes",
        spec(
            "{'objective': {'type': 'grpo', 'reward': {'type': 'exact_match'}, %s, 'dtype': 'float32', 'learningRate': 0.01, 'warmupRatio': 0}"
                .formatted(settings)),
        null,
        null,
        null);
  }

  private static TrainerRuntime start(Deaths deaths, AnswerScorer scorer) {
    ArtifactStore dying = new DyingStore(store, deaths);
    TrainerRuntime runtime =
        new TrainerRuntime(
            "trainer-" + UUID.randomUUID(),
            new KafkaClients(connection()),
            dying,
            new DyingEngine(new LlmTrainingEngine("cpu", scorer), deaths),
            models ->
                new BaseModels(
                    store,
                    models,
                    (name, revision) -> {
                      throw new TrainingException("model_not_found", "no hub here", "model");
                    },
                    List.of()),
            new SilentMetrics(),
            new WorkSettings(
                LEASE,
                Duration.ZERO,
                2,
                Duration.ofMillis(50),
                100,
                3,
                Duration.ofMinutes(1),
                folder.resolve("work"),
                "test"),
            Duration.ofSeconds(20));
    runtime.start();
    await().dontCatchUncaughtExceptions().atMost(PATIENCE).until(runtime::started);
    return runtime;
  }

  /** Has a job done by one trainer after the other. */
  private ModelRegistered done(TrainingRequested request, Deaths deaths, AtomicInteger asked)
      throws InterruptedException {
    int killed = deaths.left();
    TrainerRuntime trainer = start(deaths, scorer(asked));
    trainer.commands().request(request);
    while (true) {
      TrainerRuntime now = trainer;
      await()
          .dontCatchUncaughtExceptions()
          .atMost(PATIENCE)
          .until(
              () ->
                  !now.alive()
                      || now.board()
                          .find(request.jobId())
                          .map(job -> job.status().terminal())
                          .orElse(false));
      if (trainer.alive()) {
        Job job = trainer.board().find(request.jobId()).orElseThrow();
        assertThat(job.terminal()).isInstanceOf(ModelRegistered.class);
        ModelRegistered model = (ModelRegistered) job.terminal();
        assertThat(model.attempt()).isEqualTo(1 + killed);
        trainer.stop(Duration.ofSeconds(20));
        return model;
      }
      trainer.close();
      trainer = start(deaths, scorer(asked));
    }
  }

  private static long recorded(TrainingRequested request, EventType type) {
    try (TopicDump dump = TopicDump.of(broker, Topics.TRAINING_ROLLOUTS.name())) {
      return dump.records().stream()
          .filter(each -> TopicDump.text(each.key()).equals(request.jobId()))
          .filter(
              each ->
                  TopicDump.text(each.headers().lastHeader("ce_type").value())
                      .equals(type.typeName()))
          .count();
    }
  }

  /** Wherever it dies: nothing on record is made again, and the bits are the same. */
  @Test
  void shouldLoseNothingWhereverATrainerDies() throws Exception {
    AtomicInteger once = new AtomicInteger();
    TrainingRequested undisturbed = request(4, 1);
    ModelRegistered whole = done(undisturbed, new Deaths(), once);
    assertThat(once).hasValue(4);

    AtomicInteger asked = new AtomicInteger();
    TrainingRequested request = request(4, 1);
    ModelRegistered model =
        done(
            request,
            new Deaths(
                "before the artifact of rollouts",
                "after the artifact of rollouts",
                "after the event of rollouts",
                "before the artifact of scores",
                "after the artifact of scores",
                "after the event of scores",
                "before the event of the update",
                "after the event of the update",
                "after the artifact of checkpoint",
                "after the event of the checkpoint",
                "after the artifact of model",
                "after the artifact of record"),
            asked);

    assertThat(model.model().digest()).isEqualTo(whole.model().digest());
    assertThat(model.record()).isNotNull();
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(4);
    assertThat(recorded(request, EventType.ROLLOUTS_SCORED)).isEqualTo(4);
    assertThat(recorded(request, EventType.POLICY_UPDATED)).isEqualTo(4);
    shouldReplay(model);
    // Twice scores were given that their trainer did not live to record.
    assertThat(asked).hasValue(4 + 2);
  }

  /** A batch that is on record is not sampled again, and the rest come out as they would have. */
  @Test
  void shouldLoseNoBatchWhereverATrainerDies() throws Exception {
    ModelRegistered whole = done(batches(), new Deaths(), new AtomicInteger());
    TrainingRequested request = batches();
    ModelRegistered model =
        done(
            request,
            new Deaths(
                "after the artifact of batch",
                "after the event of batch",
                "after the event of batch",
                "after the artifact of rollouts"),
            new AtomicInteger());
    assertThat(model.model().digest()).isEqualTo(whole.model().digest());
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(2 * (2 + 1));
  }

  /** A worker that stops, a pause, and a cancellation: none waits until all answers are sampled. */
  @Test
  void shouldLetGoWhileAnswersAreSampled() throws Exception {
    ModelRegistered whole = done(batches(), new Deaths(), new AtomicInteger());

    TrainingRequested request = batches();
    Deaths points = new Deaths();
    TrainerRuntime first = start(points, scorer(new AtomicInteger()));
    Thread stop = new Thread(() -> stop(first));
    points.atBatch = once(1, stop::start);
    first.commands().request(request);
    await().dontCatchUncaughtExceptions().atMost(PATIENCE).until(() -> !first.alive());
    stop.join();
    assertThat(releases(request)).containsExactly("the worker shuts down");
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(1);

    CompletableFuture<TrainerRuntime> started = new CompletableFuture<>();
    // The second batch of the first iteration, and the first of the second.
    points.atBatch = once(2, () -> control(started.join(), request, Action.PAUSE));
    TrainerRuntime second = start(points, scorer(new AtomicInteger()));
    started.complete(second);
    awaitStatus(second, request, JobStatus.PAUSED);
    assertThat(releases(request)).containsExactly("the worker shuts down", "paused");
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(1 + 2 + 1);
    control(second, request, Action.RESUME);
    awaitStatus(second, request, JobStatus.SUCCEEDED);
    ModelRegistered model =
        (ModelRegistered) second.board().find(request.jobId()).orElseThrow().terminal();
    assertThat(model.model().digest()).isEqualTo(whole.model().digest());
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(2 * (2 + 1));

    TrainingRequested unwanted = batches();
    points.atBatch = once(1, () -> control(second, unwanted, Action.CANCEL));
    second.commands().request(unwanted);
    awaitStatus(second, unwanted, JobStatus.CANCELLED);
    assertThat(recorded(unwanted, EventType.ROLLOUTS_SAMPLED)).isEqualTo(1);
    second.stop(Duration.ofSeconds(20));
  }

  /** Does something at one of the batches, and lets the run go on when it is told of it. */
  private static Consumer<BooleanSupplier> once(int batch, Runnable act) {
    AtomicInteger batches = new AtomicInteger();
    return stopping -> {
      if (batches.incrementAndGet() == batch) {
        act.run();
        await().dontCatchUncaughtExceptions().atMost(PATIENCE).until(stopping::getAsBoolean);
      }
    };
  }

  private static void stop(TrainerRuntime trainer) {
    try {
      trainer.stop(Duration.ofSeconds(20));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void control(TrainerRuntime trainer, TrainingRequested request, Action action) {
    trainer.commands().control(request.jobId(), action);
  }

  /** From the folder that the model names, with nobody who samples or scores. */
  private void shouldReplay(ModelRegistered model) throws Exception {
    Replays replays =
        new Replays(
            new LlmTrainingEngine("cpu", NoRewards.SCORER), store, folder.resolve("replays"));
    Replays.Outcome again = replays.of(model);
    assertThat(again.difference()).isNull();
    assertThat(again.iterations()).isEqualTo(4);
    assertThat(again.replayed()).isEqualTo(model.model().digest());

    Path changed = Files.createDirectories(folder.resolve("changed"));
    try (Stream<Path> files = Files.list(store.localFolder(model.record().digest()))) {
      for (Path file : files.toList()) {
        Path copy = changed.resolve(file.getFileName());
        Files.copy(file, copy);
        copy.toFile().setWritable(true);
      }
    }
    Files.copy(
        changed.resolve("iteration-000001-scores.safetensors"),
        changed.resolve("iteration-000002-scores.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    ModelRegistered other =
        EventJson.mapper()
            .treeToValue(
                ((ObjectNode) EventJson.mapper().valueToTree(model))
                    .set(
                        "record",
                        EventJson.mapper().valueToTree(Refs.of(store.putFolder(changed)))),
                ModelRegistered.class);
    assertThat(replays.of(other).difference()).startsWith("after iteration 2 the weights are");
  }

  /** What the service answers is found by whoever asks next; the first answer counts. */
  @Test
  void shouldFindScoresAgainThatWereGivenWhileNobodyListened() {
    RewardSpec reward = new RewardSpec.Length(1, 5);
    List<RewardRequested.Item> items =
        Stream.of("q#0", "q#1")
            .map(
                each ->
                    new RewardRequested.Item(each, "prompt", UUID.randomUUID().toString(), null))
            .toList();
    String id = "reward-" + ContentIds.of("reward", reward, items);
    Instant sampled = Instant.now();
    EventFactory events = new EventFactory("/test", Clock.systemUTC());
    try (KafkaProducer<String, Event<?>> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection()), new StringSerializer(), new EventSerializer())) {
      for (double value : List.of(0.0, 1.0)) {
        producer.send(
            Topics.REWARD_SCORED.record(
                events.create(
                    new RewardScored(
                        id, List.of(score("q#0", value, 1), score("q#1", value, 3)), null))));
      }
      producer.flush();
    }
    AnswerScorer.Scores scores = byKafka().score(reward, items, Optional.of(sampled), () -> {});
    assertThat(scores.values()).containsExactly(OptionalDouble.of(0), OptionalDouble.of(0));
    assertThat(scores.spreads())
        .isEqualTo(Map.of("taste", new AnswerScorer.Spread(2, Math.sqrt(2))));
  }

  private static RewardScored.Score score(String item, double value, double taste) {
    return new RewardScored.Score(
        item, value, null, null, List.of(new RewardScored.Share("taste", taste, taste, null)));
  }

  private static AnswerScorer byKafka() {
    return new KafkaAnswerScorer(
        connection(),
        new RewardClient.Timing(Duration.ofMinutes(1), Duration.ofHours(1)),
        new StoredBatches(store));
  }

  /**
   * Where nobody scores a trainer lets go of the job as soon as it is told to, and blames nobody.
   */
  @Test
  void shouldLetGoWhileScoresAreWaitedFor() throws Exception {
    TrainingRequested request = request(4, 1);
    TrainerRuntime first = start(new Deaths(), byKafka());
    first.commands().request(request);
    awaitAsked(1);
    first.stop(Duration.ofSeconds(20));
    assertThat(releases(request)).containsExactly("the worker shuts down");

    TrainerRuntime second = start(new Deaths(), byKafka());
    awaitAsked(2);
    second.commands().control(request.jobId(), Action.PAUSE);
    awaitStatus(second, request, JobStatus.PAUSED);
    assertThat(releases(request)).containsExactly("the worker shuts down", "paused");
    second.commands().control(request.jobId(), Action.RESUME);
    awaitAsked(3);
    second.commands().control(request.jobId(), Action.CANCEL);
    awaitStatus(second, request, JobStatus.CANCELLED);
    second.stop(Duration.ofSeconds(20));
    // All three attempts asked for the scores of the same answers.
    assertThat(recorded(request, EventType.ROLLOUTS_SAMPLED)).isEqualTo(1);
  }

  private static void awaitAsked(int times) {
    try (TopicDump dump = TopicDump.of(broker, Topics.REWARD_REQUESTED.name())) {
      await()
          .dontCatchUncaughtExceptions()
          .atMost(PATIENCE)
          .until(() -> dump.records().size() >= times);
    }
  }

  private static void awaitStatus(
      TrainerRuntime trainer, TrainingRequested request, JobStatus status) {
    await()
        .dontCatchUncaughtExceptions()
        .atMost(PATIENCE)
        .until(
            () ->
                trainer.board().find(request.jobId()).map(Job::status).equals(Optional.of(status)));
  }

  /** Why attempts of a job were released, none of them for a fault. */
  private static List<String> releases(TrainingRequested request) {
    try (TopicDump dump = TopicDump.of(broker, Topics.TRAINING_LOG.name())) {
      return dump.records().stream()
          .filter(each -> TopicDump.text(each.key()).equals(request.jobId()))
          .map(each -> EventCodec.decode(each).data())
          .filter(TrainingReleased.class::isInstance)
          .map(TrainingReleased.class::cast)
          .peek(each -> assertThat(each.error()).isNull())
          .map(TrainingReleased::reason)
          .toList();
    }
  }
}
