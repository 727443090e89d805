package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.SecuredTestBroker;
import io.affinage.cli.Affinage;
import io.affinage.cli.client.Publisher;
import io.affinage.cli.deploy.AccessRules;
import io.affinage.cli.stack.Install;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.cli.terminal.Terminal;
import io.affinage.cli.topics.CommittedRecords;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Services, command and producers on a Kafka that lets each do what the chart's users may do, and
 * nothing else: that is enough for all the work there is.
 */
class SecuredKafkaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Path CHART = Path.of("..", "deploy", "helm", "affinage");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String BASE_RECIPE =
      """
      name: boxes
      data: {format: text, layout: text, split: {test: 0.05}}
      stages:
        - train:
            method: pretrain
            suffix: boxes
            architecture: {hidden_size: 32, intermediate_size: 64, layers: 1, heads: 2, kv_heads: 2, vocabulary_size: 300, context_length: 64}
            max_steps: 4
            batch_size: 2
            max_length: 32
            dtype: float32
      """;

  private static final String TUNING_RECIPE =
      """
      name: colours
      data: {split: {test: 0.2}}
      stages:
        - train:
            method: sft
            suffix: colours
            adapter: {type: lora, rank: 2, alpha: 4, target_modules: [all-linear]}
            max_steps: 4
            batch_size: 2
            max_length: 48
            dtype: float32
            checkpoint_every_steps: 2
        - grpo:
            suffix: brief
            reward: {type: length, min_characters: 3, max_characters: 4}
            num_generations: 8
            max_completion_length: 6
            max_steps: 2
            batch_size: 2
            max_length: 48
            dtype: float32
        - evaluate:
            metrics: [exact_match, perplexity]
            max_items: 2
            few_shot: 1
            max_new_tokens: 2
            gate: {min_gain: -1.0, max_p_value: 1.0}
      """;

  /** How a user shows who it is. */
  private enum Login {
    PASSWORD {
      @Override
      void add(SecuredTestBroker broker, String user) {
        broker.addPassword(user, "password of " + user);
      }

      @Override
      String principal(String user) {
        return "User:" + user;
      }

      @Override
      Map<String, String> client(SecuredTestBroker broker, String user) {
        return broker.passwordClient(user, "password of " + user);
      }
    },
    CERTIFICATE {
      @Override
      void add(SecuredTestBroker broker, String user) {
        broker.addCertificate(user);
      }

      @Override
      String principal(String user) {
        return "User:CN=" + user;
      }

      @Override
      Map<String, String> client(SecuredTestBroker broker, String user) {
        return broker.certificateClient(user);
      }
    };

    abstract void add(SecuredTestBroker broker, String user);

    abstract String principal(String user);

    abstract Map<String, String> client(SecuredTestBroker broker, String user);
  }

  @TempDir Path folder;
  private SecuredTestBroker broker;
  private Login login;
  private final Map<ServiceKind, PackagedService> services = new EnumMap<>(ServiceKind.class);

  @BeforeEach
  void requireServices() {
    for (ServiceKind kind : ServiceKind.values()) {
      assumeTrue(
          PackagedService.isPackaged(kind), "skipped: " + kind.module() + " is not packaged yet");
    }
  }

  @Test
  void shouldDoAllWorkByPasswordWithTheRightsOfTheChartAlone() throws Exception {
    withServices(
        Login.PASSWORD,
        () -> {
          refuseStrangers();
          letAProducerSubmitOnly();
          promoteAModelByCommand();
          cancelAJobOverHttp();
          sayWhyTheCommandIsRefused();
          setPoisonAside();
        });
  }

  @Test
  void shouldDoAllWorkByCertificateWithTheRightsOfTheChartAlone() throws Exception {
    withServices(Login.CERTIFICATE, this::promoteAModelByCommand);
  }

  private interface Work {
    void run() throws Exception;
  }

  private void withServices(Login by, Work work) throws Exception {
    login = by;
    try (SecuredTestBroker started =
        SecuredTestBroker.start(Files.createDirectory(folder.resolve("keys")))) {
      broker = started;
      new TopicProvisioner(broker.admin(), 2, 1).provision();
      for (AccessRules.User user : AccessRules.read(CHART.resolve("files")).all()) {
        login.add(broker, name(user.name()));
        broker.allow(rules(user));
      }
      for (ServiceKind kind : ServiceKind.values()) {
        services.put(kind, start(kind));
      }
      for (PackagedService service : services.values()) {
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(service.status("/q/health/ready")).as(service.log()).isEqualTo(200));
      }
      work.run();
      services.forEach(
          (kind, service) ->
              assertThat(service.log())
                  .as(kind.module())
                  .doesNotContain("AuthorizationException", "AuthenticationException")
                  .doesNotContain("not authorized", "Not authorized"));
    } finally {
      services.values().forEach(PackagedService::close);
    }
  }

  private static String name(String user) {
    return "affinage-" + user;
  }

  /** As Strimzi's user operator makes them of a KafkaUser. */
  private List<AclBinding> rules(AccessRules.User user) {
    return user.acls().stream()
        .flatMap(
            acl ->
                acl.operations().stream()
                    .map(
                        operation ->
                            new AclBinding(
                                new ResourcePattern(
                                    ResourceType.fromString(spaced(acl.type())),
                                    acl.name(),
                                    acl.pattern().equals("prefix")
                                        ? PatternType.PREFIXED
                                        : PatternType.LITERAL),
                                new AccessControlEntry(
                                    login.principal(name(user.name())),
                                    "*",
                                    AclOperation.fromString(spaced(operation)),
                                    AclPermissionType.ALLOW))))
        .toList();
  }

  /** {@code transactionalId} as Kafka's own names have it: TRANSACTIONAL_ID. */
  private static String spaced(String name) {
    return name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
  }

  /** With the variables that the chart sets, all of them and no other of Kafka. */
  private PackagedService start(ServiceKind kind) throws IOException {
    String user = name(kind.name().toLowerCase(Locale.ROOT));
    Map<String, String> environment = new HashMap<>();
    login
        .client(broker, user)
        .forEach(
            (property, value) ->
                environment.put(
                    "KAFKA_" + property.toUpperCase(Locale.ROOT).replace('.', '_'), value));
    String template = Files.readString(CHART.resolve("templates/_helpers.tpl"));
    assertThat(
            Pattern.compile("- name: (KAFKA_\\w+)")
                .matcher(template)
                .results()
                .map(r -> r.group(1)))
        .as("set by the chart")
        .containsAll(environment.keySet());
    environment.put("AFFINAGE_ARTIFACTS", store());
    environment.put("AFFINAGE_EVAL_SCORE_REPEAT", "5s");
    return PackagedService.start(kind, folder.resolve(kind.module()), environment);
  }

  private String store() {
    return folder.resolve("store").toString();
  }

  /** Base, tuning, rollouts, evaluation and decision, seen in every list of the command. */
  private void promoteAModelByCommand() throws Exception {
    StringBuilder texts = new StringBuilder();
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      texts.append("Box %d holds %d nails.\n\n".formatted(i, i * i));
      rows.append("{\"prompt\":\"Box %d?\",\"completion\":\"red\"}\n".formatted(i));
    }
    JsonNode base =
        affinage(
            "run", file("base.yaml", BASE_RECIPE), "--data", file("boxes.txt", texts.toString()));
    JsonNode tuned =
        affinage(
            "run",
            file("tuning.yaml", TUNING_RECIPE),
            "--model",
            base.required("model").textValue(),
            "--data",
            file("colours.jsonl", rows.toString()));

    assertThat(tuned.path("decision").asText()).as(tuned.toString()).isEqualTo("promoted");
    assertThat(affinage("models").toString()).contains(tuned.required("model").textValue());
    JsonNode jobs = affinage("jobs").required("jobs");
    assertThat(jobs).hasSize(3);
    assertThat(affinage("logs", jobs.get(0).required("id").textValue()).toString())
        .contains("attempt");
  }

  private String file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  private JsonNode affinage(String... arguments) throws IOException {
    Said said = command(login.client(broker, name("cli")), arguments);
    assertThat(said.status()).as("%s%n%s", said, logs()).isZero();
    return JSON.readTree(said.out());
  }

  private String logs() {
    StringBuilder all = new StringBuilder();
    services.forEach((kind, service) -> all.append(kind).append(":\n").append(service.log()));
    return all.toString();
  }

  private record Said(int status, String out, String err) {}

  /** The connection in a properties file, as people hand it to Kafka's own tools. */
  private Said command(Map<String, String> connection, String... arguments) throws IOException {
    Properties properties = new Properties();
    properties.putAll(connection);
    Path config = folder.resolve("client.properties");
    try (var out = Files.newOutputStream(config)) {
      properties.store(out, null);
    }
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--json", "--kafka-config", config.toString(), "--artifacts", store()));
    all.addAll(List.of("--home", folder.resolve("home").toString()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Affinage.execute(
            new Terminal(new PrintStream(out), new PrintStream(err), false, 100),
            Install.current(),
            Map.of(),
            all.toArray(String[]::new));
    return new Said(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Uploads by HTTP, and a control of a running job. */
  private void cancelAJobOverHttp() throws Exception {
    String boundary = "--limit";
    StringBuilder texts = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      texts.append("{\"text\":\"Chest %d holds %d nails.\"}\n".formatted(i, i));
    }
    JsonNode uploaded =
        post(
            ServiceKind.DATASET,
            "/v1/files",
            "multipart/form-data; boundary=" + boundary,
            ("--%1$s\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--%1$s\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"chests.jsonl\"\r\n\r\n%2$s\r\n--%1$s--\r\n")
                .formatted(boundary, texts));
    String id = uploaded.required("id").textValue();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                services
                    .get(ServiceKind.DATASET)
                    .json("/v1/files/" + id)
                    .path("status")
                    .asText()
                    .equals("processed"));
    JsonNode job =
        post(
            ServiceKind.TRAINER,
            "/v1/fine_tuning/jobs",
            "application/json",
            ("{\"model\":\"scratch\",\"training_file\":\"%s\",\"affinage\":{\"method\":\"pretrain\",\"maxSteps\":1000000,"
                    + "\"maxLength\":32,\"dtype\":\"float32\",\"architecture\":{\"hiddenSize\":32,\"intermediateSize\":64,"
                    + "\"layers\":1,\"heads\":2,\"kvHeads\":2,\"vocabularySize\":300,\"contextLength\":64}}}")
                .formatted(id));
    String path = "/v1/fine_tuning/jobs/" + job.required("id").textValue();
    PackagedService trainer = services.get(ServiceKind.TRAINER);
    trainer.post(path + "/cancel");
    await()
        .atMost(PATIENCE)
        .until(() -> trainer.json(path).path("status").asText().equals("cancelled"));
  }

  private JsonNode post(ServiceKind kind, String path, String type, String body) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(services.get(kind).uri(path))
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /** No rights, a wrong password, no password, no trust in the broker. */
  private void refuseStrangers() {
    broker.addPassword("stranger", "of a stranger");
    assertRefused(broker.passwordClient("stranger", "of a stranger"), AuthorizationException.class);
    assertRefused(
        broker.passwordClient(name("producer"), "guessed"), SaslAuthenticationException.class);
    Map<String, String> encryptedOnly = connection("security.protocol", "SSL");
    assertThatThrownBy(() -> send(encryptedOnly, Topics.DATASET_SUBMITTED))
        .hasCauseInstanceOf(org.apache.kafka.common.KafkaException.class);
    Map<String, String> plain = connection("security.protocol", "PLAINTEXT");
    assertThatThrownBy(() -> send(plain, Topics.DATASET_SUBMITTED))
        .hasCauseInstanceOf(org.apache.kafka.common.KafkaException.class);
    Map<String, String> distrustful = new HashMap<>(login.client(broker, name("producer")));
    distrustful.keySet().removeIf(property -> property.startsWith("ssl.truststore"));
    assertRefused(distrustful, SslAuthenticationException.class);
  }

  private Map<String, String> connection(String property, String value) {
    Map<String, String> connection = new HashMap<>(login.client(broker, name("producer")));
    connection.put(property, value);
    return connection;
  }

  private static void assertRefused(
      Map<String, String> connection, Class<? extends Throwable> reason) {
    assertThatThrownBy(() -> send(connection, Topics.DATASET_SUBMITTED)).hasCauseInstanceOf(reason);
  }

  private static void send(Map<String, String> connection, Topic topic) throws Exception {
    Map<String, Object> configuration = KafkaDefaults.producer(new HashMap<>(connection));
    configuration.put("max.block.ms", 2_000);
    configuration.put("request.timeout.ms", 1_000);
    configuration.put("delivery.timeout.ms", 2_000);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic.name(), new byte[] {1}, new byte[] {1})).get();
    }
  }

  private void letAProducerSubmitOnly() throws Exception {
    Map<String, String> connection = login.client(broker, name("producer"));
    try (Publisher publisher = new Publisher(new HashMap<>(connection))) {
      publisher.send(Topics.DATASET_SUBMITTED, submission(), null);
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(read(Topics.DATASET_READY, DatasetReady.class))
                    .extracting(DatasetReady::submissionId)
                    .contains("of-a-producer"));
    for (Topic topic : Topics.all()) {
      if (!topic.equals(Topics.DATASET_SUBMITTED)) {
        assertThatThrownBy(() -> send(connection, topic))
            .as("writing %s", topic.name())
            .hasCauseInstanceOf(AuthorizationException.class);
      }
    }
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                KafkaDefaults.consumer(new HashMap<>(connection)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        Admin admin = Admin.create(new HashMap<>(connection))) {
      assertThat(consumer.listTopics()).containsOnlyKeys(Topics.DATASET_SUBMITTED.name());
      consumer.assign(
          List.of(new org.apache.kafka.common.TopicPartition(Topics.DATASET_SUBMITTED.name(), 0)));
      consumer.seekToBeginning(consumer.assignment());
      assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(10)))
          .isInstanceOf(AuthorizationException.class);
      assertThatThrownBy(
              () -> admin.deleteTopics(List.of(Topics.DATASET_SUBMITTED.name())).all().get())
          .hasCauseInstanceOf(AuthorizationException.class);
    }
  }

  private static DatasetSubmitted submission() {
    return new DatasetSubmitted(
        "of-a-producer",
        "inline",
        new DatasetSource.Inline(
            List.of(JSON.createObjectNode().put("prompt", "one?").put("completion", "two"))),
        DatasetFormat.AUTO,
        DatasetLayout.AUTO,
        null,
        false,
        null);
  }

  private <T extends EventData> List<T> read(Topic topic, Class<T> kind) {
    return CommittedRecords.of(new HashMap<>(broker.administrator()), topic).stream()
        .map(record -> EventCodec.decode(record).data())
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  private void sayWhyTheCommandIsRefused() throws Exception {
    Said wrong = command(broker.passwordClient(name("cli"), "guessed"), "jobs");
    assertThat(wrong.status()).isNotZero();
    assertThat(wrong.out()).contains("kafka_refused").contains("uthentication");

    Said producer = command(login.client(broker, name("producer")), "jobs");
    assertThat(producer.status()).isNotZero();
    assertThat(producer.out())
        .contains("kafka_refused")
        .containsPattern("topic [a-z.]+ is unknown");
  }

  /** Each service may write what its own dead letters need. */
  private void setPoisonAside() throws Exception {
    List<Topic> requests = Topics.events().stream().filter(Topic::hasDeadLetters).toList();
    for (Topic topic : requests) {
      send(broker.administrator(), topic);
    }
    for (Topic topic : requests) {
      await(topic.deadLetter().name())
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          CommittedRecords.of(
                              new HashMap<>(broker.administrator()), topic.deadLetter()))
                      .as(logs())
                      .hasSize(1));
    }
  }
}
