package io.affinage.eval.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.testing.TestBroker;
import io.affinage.eval.EventBench;
import io.affinage.eval.llm.ModelRuntime;
import io.affinage.eval.llm.TinyModels;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EventJson;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers of one log, the real library under them, one without the device that it was told. */
class EvaluationGiveBackIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EvaluationSpec QUICK =
      new EvaluationSpec(List.of("perplexity"), null, 1, 0, 1, null, null, null, null);

  @TempDir static Path folder;
  private static TestBroker broker;
  private static EventBench bench;
  private static ArtifactStore store;
  private static ModelRegistered model;
  private static ArtifactRef dataset;

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    broker = TestBroker.start();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new TopicProvisioner(admin, 1, 1).provision();
    }
    bench = new EventBench(broker.bootstrapServers());
    store = ArtifactStores.open(folder.resolve("store").toString());
    TinyModels.writeTireless(folder.resolve("model"));
    Path version = Files.createDirectory(folder.resolve("version"));
    Files.writeString(version.resolve("test.jsonl"), "{\"id\":\"a\",\"text\":\"snow is white\"}\n");
    dataset = ref(store.putFolder(version));
    ArtifactRef files = ref(store.putFolder(folder.resolve("model")));
    TrainingSpec spec = EventJson.mapper().readValue("{\"method\":\"sft\"}", TrainingSpec.class);
    model =
        Settings.build(ModelRegistered.class)
            .with("modelId", "tiny:1")
            .with("jobId", "job-1")
            .with("attempt", 1)
            .with("workerId", "worker")
            .with("kind", ModelRegistered.Kind.FULL)
            .with("model", files)
            .with("baseModel", "scratch")
            .with("dataset", dataset)
            .with("lineage", new Lineage(dataset.digest(), null, spec, 7, "test"))
            .with("trainedTokens", 1)
            .with("metrics", Map.of())
            .with("createdAt", 1_760_000_000)
            .record();
  }

  @AfterAll
  static void stop() {
    bench.close();
    broker.close();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void shouldGiveAnEvaluationBackThatThisWorkerCannotDoAndFinishItElsewhere() {
    EvaluationRuntime broken = worker("broken", "cuda:99", Duration.ofMinutes(1));
    bench.send(
        Topics.EVALUATION_REQUESTED,
        new EvaluationRequested("eval-elsewhere", model, dataset, QUICK, null));
    await().atMost(PATIENCE).until(() -> released("eval-elsewhere").size() == 1);
    assertThat(broken.fitness().ailment())
        .get()
        .satisfies(each -> assertThat(each.why().code()).isEqualTo("device_unavailable"));

    worker("sound", "cpu", Duration.ofMinutes(1));

    await().atMost(PATIENCE).until(() -> !completed("eval-elsewhere").isEmpty());
    assertThat(completed("eval-elsewhere").get(0).attempt()).isEqualTo(2);
  }

  @Test
  void shouldFailAnEvaluationThatWasGivenBackTooOftenWithTheLastReasonAndAllAttempts() {
    worker("broken", "cuda:99", Duration.ofMillis(1));

    bench.send(
        Topics.EVALUATION_REQUESTED,
        new EvaluationRequested("eval-nowhere", model, dataset, QUICK, null));

    await().atMost(PATIENCE).until(() -> !failed("eval-nowhere").isEmpty());
    assertThat(released("eval-nowhere")).hasSize(3);
    assertThat(failed("eval-nowhere").get(0).error().code()).isEqualTo("device_unavailable");
    assertThat(failed("eval-nowhere").get(0).error().message())
        .contains("given back by 3 attempts: 1 by broken")
        .contains("; 3 by broken");
  }

  /** It stays in the queue, where it holds up nobody, and is done as soon as its model is there. */
  @Test
  void shouldDoOthersWhileAModelIsWaitedFor() {
    EvaluationRuntime runtime =
        worker("patient", "cpu", Duration.ofMinutes(1), Duration.ofMinutes(10));
    EvaluationRequested waiting =
        request("eval-waiting", "tiny:late", Map.of("itself", "tiny:late"));
    bench.send(Topics.EVALUATION_REQUESTED, waiting);
    bench.send(
        Topics.EVALUATION_REQUESTED,
        new EvaluationRequested("eval-others", model, dataset, QUICK, null));

    await().atMost(PATIENCE).until(() -> !completed("eval-others").isEmpty());
    assertThat(runtime.board().find("eval-waiting")).isPresent();
    assertThat(runtime.awaited(waiting)).containsExactly("tiny:late");
    assertThat(bench.read(Topics.EVALUATION_LOG, "eval-waiting", EvaluationClaimed.class))
        .isEmpty();

    bench.send(Topics.MODEL_REGISTERED, Settings.from(model).with("modelId", "tiny:late").record());
    await().atMost(PATIENCE).until(() -> !completed("eval-waiting").isEmpty());
    assertThat(completed("eval-waiting").get(0).attempt()).isEqualTo(1);
    assertThat(runtime.awaited(waiting)).isEmpty();
  }

  @Test
  void shouldFailWhenAModelNeverComes() {
    worker("impatient", "cpu", Duration.ofMinutes(1), Duration.ofMillis(1));
    bench.send(Topics.EVALUATION_REQUESTED, request("eval-never", "tiny:never", null));
    await().atMost(PATIENCE).until(() -> !failed("eval-never").isEmpty());
    assertThat(failed("eval-never").get(0).error().code()).isEqualTo("model_unknown");
    assertThat(failed("eval-never").get(0).attempt()).isEqualTo(1);
  }

  private static EvaluationRequested request(
      String id, String modelId, Map<String, String> compare) {
    return new EvaluationRequested(
        id, model, dataset, QUICK, null, null, null, null, modelId, compare);
  }

  private EvaluationRuntime worker(String name, String device, Duration faultPause) {
    return worker(name, device, faultPause, Duration.ofMinutes(1));
  }

  private EvaluationRuntime worker(
      String name, String device, Duration faultPause, Duration modelWait) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    ModelRuntime models =
        new ModelRuntime(
            store,
            Compute.of(device, "float32"),
            WeightForm.PLAIN,
            1,
            1,
            8,
            meters.counter("tokens"));
    EvaluationRuntime runtime =
        new EvaluationRuntime(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            store,
            models.source(),
            new EvaluationMetrics(meters),
            new EvaluationRuntime.Settings(
                name,
                Duration.ofSeconds(5),
                Duration.ofMillis(200),
                3,
                3,
                faultPause,
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                1,
                Duration.ofMillis(1),
                modelWait));
    runtime.start();
    open.add(() -> runtime.stop(Duration.ofSeconds(10)));
    open.add(models);
    return runtime;
  }

  private static List<EvaluationReleased> released(String evaluation) {
    return bench.read(Topics.EVALUATION_LOG, evaluation, EvaluationReleased.class).stream()
        .map(event -> event.data())
        .toList();
  }

  private static List<EvaluationCompleted> completed(String evaluation) {
    return bench.read(Topics.EVALUATION_COMPLETED, evaluation, EvaluationCompleted.class).stream()
        .map(event -> event.data())
        .toList();
  }

  private static List<EvaluationFailed> failed(String evaluation) {
    return bench.read(Topics.EVALUATION_COMPLETED, evaluation, EvaluationFailed.class).stream()
        .map(event -> event.data())
        .toList();
  }

  private static ArtifactRef ref(Artifact artifact) {
    return new ArtifactRef(
        artifact.digest(), ArtifactRef.Kind.valueOf(artifact.kind().name()), artifact.size());
  }
}
