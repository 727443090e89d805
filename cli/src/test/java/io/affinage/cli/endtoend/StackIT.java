package io.affinage.cli.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.demo.DemoData;
import io.affinage.cli.deploy.DashboardMetrics;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole path as a user goes it: {@code affinage up} with two trainers, runs handed in by the
 * command, and processes killed under them. The tests share one stack and come in an order, since a
 * stack costs more than all that they do with it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StackIT {
  private static final Duration BOUND = Duration.ofMinutes(2);

  private static final String BASE_RECIPE =
      """
      name: desk-text
      data: {path: desk.txt, format: text, layout: text, split: {test: 0.05}}
      stages:
        - train:
            method: pretrain
            suffix: desk
            architecture: {hidden_size: 64, intermediate_size: 128, layers: 2, heads: 2, kv_heads: 2, vocabulary_size: 400, context_length: 256}
            max_steps: 40
            batch_size: 4
            learning_rate: 4.0e-3
            max_length: 64
            dtype: float32
      """;

  private static final String TUNING_RECIPE =
      """
      name: tickets
      data: {path: tickets.jsonl, split: {test: 0.1}}
      stages:
        - train:
            method: sft
            suffix: SUFFIX
            adapter: {type: lora, rank: 4, alpha: 8, target_modules: [all-linear]}
            max_steps: 160
            batch_size: 8
            learning_rate: 5.0e-3
            max_length: 128
            dtype: float32
            checkpoint_every_steps: 20
            seed: 11
        - evaluate:
            metrics: [exact_match, perplexity]
            max_items: 6
            few_shot: 2
            max_new_tokens: 8
            gate: {min_gain: -1.0, max_p_value: 1.0}
      """;

  private static final String PREFERENCE_RECIPE =
      """
      name: preferred
      data: {path: tickets.jsonl, split: {test: 0.1}}
      stages:
        - train:
            name: sft
            method: sft
            suffix: answering
            adapter: {type: lora, rank: 4, alpha: 8, target_modules: [all-linear]}
            max_steps: 20
            batch_size: 8
            learning_rate: 5.0e-3
            max_length: 128
            dtype: float32
        - dpo:
            dataset: pairs
            base: {stage: sft}
            suffix: preferring
            beta: 0.2
            max_steps: 24
            batch_size: 8
            learning_rate: 5.0e-3
            max_length: 128
            dtype: float32
        - evaluate:
            dataset: pairs
            metrics: [preference_accuracy]
            max_items: 16
            gate: {min_gain: -1.0, max_p_value: 1.0}
      """;

  private static final String SAMPLED_RECIPE =
      """
      name: sampled
      data: {path: tickets.jsonl, split: {test: 0.1}}
      stages:
        - sft:
            name: sft
            suffix: asked
            adapter: {type: lora, rank: 4, alpha: 8, target_modules: [all-linear]}
            max_steps: 20
            batch_size: 8
            learning_rate: 5.0e-3
            max_length: 128
            dtype: float32
        - reward_model:
            name: rm
            base: {stage: sft}
            data: {path: judged.jsonl, split: {test: 0.1}}
            suffix: judging
            adapter: {type: lora, rank: 4, alpha: 8, target_modules: [all-linear]}
            max_steps: 20
            batch_size: 8
            learning_rate: 5.0e-3
            max_length: 128
            dtype: float32
        - ppo:
            base: {stage: sft}
            suffix: rewarded
            reward:
              type: ensemble
              rewards:
                - {name: kind, reward: {stage: rm}}
                - {name: short, reward: {type: length, min_characters: 1, max_characters: 20}}
            num_generations: 2
            num_ppo_epochs: 2
            max_completion_length: 8
            max_steps: 6
            batch_size: 4
            learning_rate: 1.0e-3
            max_length: 128
            dtype: float32
        - evaluate:
            metrics: [reward]
            reward: {stage: rm}
            compare: [base, {stage: sft}]
            max_items: 6
            few_shot: 0
            max_new_tokens: 8
            gate: {min_gain: -100.0, max_p_value: 1.0}
      """;

  private final List<AffinageProcess> started = new ArrayList<>();
  private final List<ProcessHandle> services = new ArrayList<>();
  private Path folder;
  private AffinageProcess stack;
  private String bootstrapServers;
  private String baseModel;
  private String undisturbedDigest;
  private String tunedModel;

  @BeforeAll
  void startTheStackAndTrainABase(@TempDir Path temporary) throws Exception {
    folder = temporary;
    DemoData data = DemoData.generate(3, 600, 240);
    Files.writeString(folder.resolve("desk.txt"), String.join("\n\n", data.conversations()));
    ObjectMapper json = new ObjectMapper();
    List<String> rows = new ArrayList<>();
    for (Map.Entry<String, String> ticket : data.tickets().entrySet()) {
      rows.add(
          json.writeValueAsString(
              Map.of("prompt", ticket.getKey(), "completion", ticket.getValue())));
    }
    rows.add("{\"prompt\": \"a ticket that nobody filed\"}");
    Files.write(folder.resolve("tickets.jsonl"), rows);
    up();
    JsonNode base = result(affinage("run", recipe("base", BASE_RECIPE), "--json").end());
    baseModel = base.at("/model").textValue();
  }

  @AfterAll
  void endWhatIsLeft() {
    started.forEach(AffinageProcess::close);
    services.forEach(ProcessHandle::destroyForcibly);
  }

  private AffinageProcess affinage(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    AffinageProcess process = AffinageProcess.start(folder, all);
    started.add(process);
    return process;
  }

  private void up() throws Exception {
    stack =
        affinage(
            "up",
            "--json",
            "--trainers=2",
            "--kafka-port=0",
            "--dataset-port=0",
            "--trainer-port=0",
            "--reward-port=0",
            "--eval-port=0");
    await("the stack is up: " + stack)
        .atMost(BOUND)
        .until(() -> stack.hasOutput() || !stack.isAlive());
    JsonNode state = result(stack);
    bootstrapServers = state.at("/bootstrapServers").textValue();
    state
        .at("/processes")
        .forEach(pid -> services.add(ProcessHandle.of(pid.longValue()).orElseThrow()));
    assertThat(state.at("/processes")).hasSize(6);
  }

  private String recipe(String name, String yaml) throws IOException {
    return Files.writeString(folder.resolve(name + ".yaml"), yaml).toString();
  }

  /** A run of the same tuning; the suffix makes it another run, and is not part of the weights. */
  private AffinageProcess tuning(String suffix) throws IOException {
    String recipe = recipe(suffix, TUNING_RECIPE.replace("SUFFIX", suffix));
    return affinage("run", recipe, "--model", baseModel, "--json");
  }

  private static JsonNode result(AffinageProcess process) throws IOException {
    assertThat(process.hasOutput()).as("%s", process).isTrue();
    JsonNode json = process.json();
    assertThat(json.has("error")).as("%s", process).isFalse();
    return json;
  }

  @Test
  @Order(1)
  void shouldEndAJobOnceWithTheSameWeightsWhenItsTrainerIsKilled() throws Exception {
    JsonNode undisturbed = result(tuning("undisturbed").end());
    undisturbedDigest = undisturbed.at("/artifacts/model_digest").textValue();
    tunedModel = undisturbed.at("/model").textValue();

    AffinageProcess disturbed = tuning("disturbed");
    try (EventWatch watch = new EventWatch(bootstrapServers)) {
      String jobId = jobWithSuffix(watch, "disturbed");
      TrainingCheckpointed checkpoint =
          watch.await(TrainingCheckpointed.class, at -> at.jobId().equals(jobId));
      kill(checkpoint.workerId());
      JsonNode result = result(disturbed.end());

      assertThat(disturbed.status()).as("%s", disturbed).isZero();
      assertThat(result.at("/artifacts/model_digest").textValue()).isEqualTo(undisturbedDigest);
      watch.upToNow();
      List<TrainingClaimed> claims =
          watch.all(TrainingClaimed.class, at -> at.jobId().equals(jobId));
      assertThat(claims).extracting(TrainingClaimed::attempt).contains(1, 2).doesNotContain(3);
      ModelRegistered model = watch.await(ModelRegistered.class, at -> at.jobId().equals(jobId));
      assertThat(publiclyRegistered(watch, jobId)).isEqualTo(1);
      assertThat(watch.all(TrainingFailed.class, at -> at.jobId().equals(jobId))).isEmpty();
      assertThat(decisions(watch, model.modelId())).isEqualTo(1);
    }
    await("the trainer that was killed is started again")
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(stack.errors()).contains("runs again as process"));
  }

  private static String jobWithSuffix(EventWatch watch, String suffix) {
    return watch.await(TrainingRequested.class, at -> suffix.equals(at.suffix())).jobId();
  }

  /** The job log and the public topic each hold the one record. */
  private static int publiclyRegistered(EventWatch watch, String jobId) {
    int records = watch.all(ModelRegistered.class, at -> at.jobId().equals(jobId)).size();
    assertThat(records % 2).isZero();
    return records / 2;
  }

  private static int decisions(EventWatch watch, String modelId) {
    return watch.all(ModelPromoted.class, at -> at.modelId().equals(modelId)).size()
        + watch.all(ModelRejected.class, at -> at.modelId().equals(modelId)).size();
  }

  /** As {@code kill -9} does; a worker's id is host, process id and a random part. */
  private void kill(String workerId) {
    String[] parts = workerId.split("-");
    long pid = Long.parseLong(parts[parts.length - 2]);
    assertThat(services).extracting(ProcessHandle::pid).contains(pid);
    ProcessHandle trainer = ProcessHandle.of(pid).orElseThrow();
    trainer.destroyForcibly();
    trainer.onExit().join();
  }

  @Test
  @Order(2)
  void shouldDoOnceWhatIsAskedTwice() throws Exception {
    AffinageProcess repeated = tuning("undisturbed").end();
    JsonNode again = result(repeated);
    assertThat(again.at("/reused").booleanValue()).isTrue();
    assertThat(repeated.errors()).contains("1 bad row", "[missing_field]");

    List<Topic> requests =
        List.of(Topics.DATASET_SUBMITTED, Topics.TRAINING_REQUESTED, Topics.EVALUATION_REQUESTED);
    Replay replay = new Replay(bootstrapServers);
    Map<Topic, Integer> sent =
        requests.stream().collect(Collectors.toMap(topic -> topic, replay::sendAllAgain));
    assertThat(sent.values()).allMatch(count -> count >= 2);
    await("the services noticed the duplicates")
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(duplicates(requests)).isEqualTo(sent));
    try (EventWatch watch = new EventWatch(bootstrapServers)) {
      assertThat(watch.all(DatasetSubmitted.class, at -> true))
          .hasSize(2 * sent.get(Topics.DATASET_SUBMITTED));
      assertThat(watch.all(DatasetReady.class, at -> true))
          .hasSize(sent.get(Topics.DATASET_SUBMITTED));
      assertThat(watch.all(ModelRegistered.class, at -> true))
          .hasSize(2 * sent.get(Topics.TRAINING_REQUESTED));
      assertThat(watch.all(EvaluationRequested.class, at -> true))
          .hasSize(2 * sent.get(Topics.EVALUATION_REQUESTED));
      assertThat(
              watch.all(EvaluationCompleted.class, at -> true).stream()
                  .map(EvaluationCompleted::evaluationId)
                  .distinct())
          .hasSize(sent.get(Topics.EVALUATION_REQUESTED));
      assertThat(watch.deadLetters()).isEmpty();
    }
  }

  private Map<Topic, Integer> duplicates(List<Topic> topics) throws Exception {
    List<String> lines = scrapes().stream().flatMap(String::lines).toList();
    return topics.stream()
        .collect(Collectors.toMap(topic -> topic, topic -> duplicates(topic, lines)));
  }

  private static int duplicates(Topic topic, List<String> lines) {
    String sample = "affinage_events_duplicates_total{topic=\"" + topic.name() + "\"";
    return lines.stream()
        .filter(line -> line.startsWith(sample))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  @Order(3)
  void shouldExportTheTunedModelInEveryFormat() throws Exception {
    Path files = folder.resolve("exported");
    assertThat(exported("gguf", "q8_0", files)).contains("model-q8_0.gguf", "README.md");
    assertThat(exported("gguf", "f16", files)).contains("model-f16.gguf");
    assertThat(exported("hf", "f32", files))
        .contains("config.json", "model.safetensors", "tokenizer.json");
    assertThat(exported("gguf-adapter", null, files)).contains("adapter.gguf");
    assertThat(exported("peft", null, files)).contains("adapter_config.json");
    for (String gguf : List.of("gguf-q8_0/model-q8_0.gguf", "gguf-f16/model-f16.gguf")) {
      assertThat(Files.readAllBytes(files.resolve(gguf))).startsWith('G', 'G', 'U', 'F', 3);
    }
    assertThat(files.resolve("hf-f32/README.md")).content().contains(tunedModel);

    Path refused = files.resolve("refused");
    AffinageProcess wrong =
        affinage("export", tunedModel, refused.toString(), "--format=gguf", "--type=q3", "--json")
            .end();
    assertThat(wrong.status()).isNotZero();
    assertThat(wrong.json().at("/error/code").textValue()).isEqualTo("export_type_unsupported");
    assertThat(refused).doesNotExist();
  }

  /** Names of the files; what was converted has been read back and gave the live model's logits. */
  private List<String> exported(String format, String type, Path parent) throws Exception {
    List<String> command = new ArrayList<>(List.of("export", tunedModel));
    command.add(parent.resolve(type == null ? format : format + "-" + type).toString());
    command.addAll(List.of("--format=" + format, "--json"));
    if (type != null) {
      command.add("--type=" + type);
    }
    JsonNode result = result(affinage(command.toArray(String[]::new)).end());
    if (type != null) {
      assertThat(result.at("/logit_error").doubleValue()).isBetween(0.0, 0.1);
    }
    return StreamSupport.stream(result.at("/files").spliterator(), false)
        .map(JsonNode::textValue)
        .toList();
  }

  @Test
  @Order(4)
  void shouldRefuseABrokenModelByItsOwnPathBeforeAnythingRuns() throws Exception {
    Path broken = Files.write(folder.resolve("broken.gguf"), new byte[] {'G', 'G', 'U', 'F', 3});
    String recipe = recipe("broken", TUNING_RECIPE.replace("SUFFIX", "broken"));

    AffinageProcess refused =
        affinage("run", recipe, "--model", broken.toString(), "--check", "--json").end();

    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.json().at("/error/code").textValue()).isEqualTo("checkpoint_truncated");
    assertThat(refused.json().at("/error/message").textValue()).contains(broken.toString());
  }

  @Test
  @Order(4)
  void shouldExportWhatTheDashboardAndTheAlertsAskFor() throws Exception {
    DashboardMetrics asked =
        DashboardMetrics.read(Path.of(System.getProperty("affinage.install"), "deploy"));
    assertThat(asked.names()).hasSizeGreaterThan(20);
    assertThat(asked.missing(scrapes())).isEmpty();
  }

  @Test
  @Order(4)
  void shouldLetNobodyInWithoutTheKeyOfTheHome() throws Exception {
    JsonNode state = new ObjectMapper().readTree(folder.resolve("home/stack.json").toFile());
    URI jobs =
        URI.create(state.at("/services/trainer-service/0").asText() + "/v1/fine_tuning/jobs");
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest.Builder request = HttpRequest.newBuilder(jobs);

    assertThat(http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode())
        .isEqualTo(401);
    String key = Files.readString(folder.resolve("home/key")).strip();
    request.header("Authorization", "Bearer " + key);
    assertThat(http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode())
        .isEqualTo(200);
    assertThat(result(affinage("keys", "--show", "--json").end()).at("/key").textValue())
        .isEqualTo(key);
    try (Stream<Path> logs = Files.list(folder.resolve("home/logs"))) {
      assertThat(logs.toList())
          .isNotEmpty()
          .allSatisfy(log -> assertThat(Files.readString(log)).doesNotContain(key));
    }
  }

  /** The second stage goes on from the first one's adapter, and compares with it. */
  @Test
  @Order(4)
  void shouldLearnPreferencesAfterAnswersAndMeasureThem() throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<String> rows = new ArrayList<>();
    for (String ticket : DemoData.generate(3, 600, 240).tickets().keySet()) {
      rows.add(
          json.writeValueAsString(
              Map.of("prompt", ticket, "chosen", " thank you", "rejected", " go away")));
    }
    Path pairs = Files.write(folder.resolve("pairs.jsonl"), rows);
    assertThat(
            affinage("submit", pairs.toString(), "--name=pairs", "--validation=0.1", "--json")
                .end()
                .status())
        .isZero();

    AffinageProcess run =
        affinage("run", recipe("preferred", PREFERENCE_RECIPE), "--model", baseModel, "--json")
            .end();

    result(run);
    try (EventWatch watch = new EventWatch(bootstrapServers)) {
      ModelRegistered answering = registered(watch, "answering");
      ModelRegistered preferring = registered(watch, "preferring");
      assertThat(preferring.parentAdapter()).isEqualTo(answering.model());
      // Nothing differs from the reference before the first update, as it is the first stage's
      // model.
      assertThat(preferring.metrics().get("train_loss_first")).isCloseTo(Math.log(2), within(1e-4));
      assertThat(preferring.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);
      TrainingProgressed last =
          watch.await(
              TrainingProgressed.class,
              at -> at.jobId().equals(preferring.jobId()) && at.step() == 24);
      assertThat(last.metrics())
          .containsKeys("rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen");
      EvaluationCompleted measured =
          watch.await(EvaluationCompleted.class, at -> at.modelId().equals(preferring.modelId()));
      assertThat(measured.decidingMetric()).isEqualTo("preference_accuracy");
      assertThat(measured.variants().get("tuned").get("preference_accuracy").score())
          .isGreaterThan(0.9);
    }
  }

  /**
   * Imitation, a reward model of pairs, a policy that it rewards: each is given the models that it
   * needs, answers go to the reward service and come back as scores, and base, imitation and policy
   * are measured beside each other.
   */
  @Test
  @Order(4)
  void shouldLearnFromARewardModelThatAnEarlierStageMade() throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<String> pairs = new ArrayList<>();
    for (Map.Entry<String, String> ticket : DemoData.generate(4, 1, 120).tickets().entrySet()) {
      pairs.add(
          json.writeValueAsString(
              Map.of(
                  "prompt", ticket.getKey(),
                  "chosen", ticket.getValue(),
                  "rejected", " no idea")));
    }
    Files.write(folder.resolve("judged.jsonl"), pairs);

    JsonNode run =
        result(
            affinage("run", recipe("sampled", SAMPLED_RECIPE), "--model", baseModel, "--json")
                .end());

    try (EventWatch watch = new EventWatch(bootstrapServers)) {
      ModelRegistered asked = registered(watch, "asked");
      ModelRegistered judging = registered(watch, "judging");
      ModelRegistered rewarded = registered(watch, "rewarded");
      assertThat(run.at("/model").textValue()).isEqualTo(rewarded.modelId());
      assertThat(rewarded.parentAdapter()).isEqualTo(asked.model());
      assertThat(rewarded.lineage().parents())
          .containsEntry("reward.kind", judging.model().digest())
          .containsEntry("adapter", asked.model().digest())
          .containsKeys("base", "data");
      assertThat(judging.dataset()).isNotEqualTo(asked.dataset());
      TrainingProgressed last =
          watch.await(
              TrainingProgressed.class,
              at -> at.jobId().equals(rewarded.jobId()) && at.step() == 6);
      assertThat(last.metrics())
          .containsKeys("objective/scores", "objective/kl", "val/var_explained");
      EvaluationCompleted measured =
          watch.await(EvaluationCompleted.class, at -> at.modelId().equals(rewarded.modelId()));
      assertThat(measured.variants()).containsOnlyKeys("base", "sft", "tuned");
      assertThat(measured.reference()).isEqualTo("sft");
      assertThat(measured.comparisons()).containsOnlyKeys("base", "sft");
      assertThat(measured.samples().get(0).scores()).containsOnlyKeys("base", "sft", "tuned");
    }
  }

  private static ModelRegistered registered(EventWatch watch, String suffix) {
    String jobId = jobWithSuffix(watch, suffix);
    return watch.await(ModelRegistered.class, at -> at.jobId().equals(jobId));
  }

  private List<String> scrapes() throws Exception {
    JsonNode state = new ObjectMapper().readTree(folder.resolve("home/stack.json").toFile());
    HttpClient http = HttpClient.newHttpClient();
    List<String> texts = new ArrayList<>();
    for (JsonNode service : state.at("/services")) {
      for (String address :
          StreamSupport.stream(service.spliterator(), false).map(JsonNode::textValue).toList()) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/q/metrics")).build();
        texts.add(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
      }
    }
    assertThat(texts).hasSize(5);
    return texts;
  }

  @Test
  @Order(5)
  void shouldFinishARunAfterTheWholeStackWasKilled() throws Exception {
    AffinageProcess interrupted = tuning("killed");
    try (EventWatch watch = new EventWatch(bootstrapServers)) {
      String jobId = jobWithSuffix(watch, "killed");
      watch.await(TrainingCheckpointed.class, at -> at.jobId().equals(jobId));
    }
    stack.kill();
    interrupted.kill();
    awaitTheEndOfEveryService();

    up();
    AffinageProcess resumed = tuning("killed").end();

    assertThat(resumed.errors()).contains("which was not finished");
    JsonNode result = result(resumed);
    assertThat(result.at("/artifacts/model_digest").textValue()).isEqualTo(undisturbedDigest);
  }

  @Test
  @Order(6)
  void shouldLeaveNoProcessBehind() throws Exception {
    assertThat(services).anyMatch(ProcessHandle::isAlive);

    stack.terminate();
    stack.end();

    assertThat(stack.status()).isEqualTo(143);
    assertThat(services).noneMatch(ProcessHandle::isAlive);
    assertThat(folder.resolve("home/stack.json")).doesNotExist();
  }

  private void awaitTheEndOfEveryService() {
    await("no service outlives its stack")
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(services).noneMatch(ProcessHandle::isAlive));
  }
}
