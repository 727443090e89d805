package io.affinage.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files in {@code deploy} say what the code says. */
class DeployTest {
  private static final Path DEPLOY = Path.of("..", "deploy");
  private static final Path FILES = DEPLOY.resolve("helm/affinage/files");

  /** From Quarkus itself. */
  private static final Set<String> OF_QUARKUS =
      Set.of("jvm_memory_used_bytes", "process_cpu_usage");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a_total | a_total",
        "sum by (topic) (rate(b{x=\"sum(c)\", y='}'}[5m])) | b",
        "sum(rate(d_sum[5m] offset 1h)) / sum(rate(e_count[5m])) > 0.5 | d_sum,e_count",
        "max by (i) (f) > 0 unless on (i) max by (i) (rate(g[10m])) > 0 | f,g",
        "histogram_quantile(0.9, sum(rate(h_bucket[1m])) by (le)) | h_bucket",
        "i * on (x) group_left (y) j + 1e3 - NaN | i,j",
        "sum(k) or vector(0) | k"
      })
  void shouldFindTheMetricsOfAnExpression(String expression, String metrics) {
    assertThat(PromQl.metrics(expression)).containsExactlyInAnyOrder(metrics.split(","));
  }

  @Test
  void shouldExportWhatTheDocumentPromises() throws IOException {
    MetricsDocument document = MetricsDocument.read(DEPLOY);
    Set<String> promised = new TreeSet<>();
    document.rows().forEach(row -> promised.addAll(row.exported()));

    assertThat(document.rows()).hasSizeGreaterThan(20);
    assertThat(DashboardMetrics.exported(document.scrape())).containsExactlyElementsOf(promised);
  }

  @Test
  void shouldAskOnlyForDocumentedMetricsAndForEachOfThem() throws IOException {
    MetricsDocument document = MetricsDocument.read(DEPLOY);
    DashboardMetrics dashboard = DashboardMetrics.read(DEPLOY);
    String quarkus = String.join(" 1\n", OF_QUARKUS) + " 1\n";

    assertThat(dashboard.missing(List.of(document.scrape(), quarkus))).isEmpty();
    assertThat(document.rows())
        .allSatisfy(row -> assertThat(dashboard.names()).containsAnyElementsOf(row.exported()));
  }

  @Test
  void shouldSayWhereAMissingMetricIsAskedFor() throws IOException {
    assertThat(DashboardMetrics.read(DEPLOY).missing(List.of("# HELP affinage_training_loss x\n")))
        .containsEntry("panel 'Loss'", Set.of("affinage_training_loss"))
        .containsEntry(
            "alert AffinageNonFiniteLoss", Set.of("affinage_training_loss_nonfinite_total"));
  }

  @Test
  void shouldScaleOnDocumentedMetrics() throws IOException {
    String template = Files.readString(DEPLOY.resolve("helm/affinage/templates/scaling.yaml"));
    Matcher query = Pattern.compile("query: (.*)").matcher(template);
    Set<String> promised = new TreeSet<>();
    MetricsDocument.read(DEPLOY).rows().forEach(row -> promised.addAll(row.exported()));

    for (int metrics : List.of(2, 1)) { // trainers, and the reward service
      assertThat(query.find()).isTrue();
      String expression = query.group(1).replaceAll("\\{\\{[^}]*}}", "x");
      assertThat(PromQl.metrics(expression)).hasSize(metrics).isSubsetOf(promised);
    }
    assertThat(query.find()).isFalse();
  }

  @Test
  void shouldAskForCudaWhereAGpuIsGiven() throws IOException {
    String template = Files.readString(DEPLOY.resolve("helm/affinage/templates/deployments.yaml"));
    Matcher device =
        Pattern.compile(
                "\\{\\{- if \\$gpu\\.enabled }}(?:(?!\\{\\{).)*"
                    + "- name: AFFINAGE_\\{\\{ upper \\$service }}_DEVICE\\s+value: cuda\\s+\\{\\{- end }}",
                Pattern.DOTALL)
            .matcher(template);
    assertThat(device.find()).isTrue();

    JsonNode services =
        new YAMLMapper().readTree(DEPLOY.resolve("helm/affinage/values.yaml").toFile());
    List<String> withGpu = new ArrayList<>();
    services
        .required("services")
        .properties()
        .forEach(
            service -> {
              if (service.getValue().has("gpu")) {
                withGpu.add(service.getKey());
                assertThat(service.getValue().at("/gpu/enabled").booleanValue()).isFalse();
                assertThat(service.getValue().at("/gpu/imageTagSuffix").textValue())
                    .isEqualTo("-cuda");
              }
            });
    // Those whose configuration has a device.
    assertThat(withGpu).containsExactlyInAnyOrder("trainer", "reward", "eval");
  }

  /** pip's libtorch must be the version that the JNI library was made for. */
  @Test
  void shouldInstallTheLibtorchThatTheEngineIsMadeFor() throws IOException {
    String pom = Files.readString(DEPLOY.resolve("../pom.xml"));
    Matcher version = Pattern.compile("<pytorch.version>(.*)</pytorch.version>").matcher(pom);
    assertThat(version.find()).isTrue();
    String image = Files.readString(DEPLOY.resolve("images/cuda.Dockerfile"));

    assertThat(image)
        .contains("ARG TORCH_VERSION=" + version.group(1) + "\n")
        .contains("PYTORCH_VERSION=" + version.group(1) + " ");
  }

  @Test
  void shouldListTheTopicsOfTheEvents() throws IOException {
    Map<String, Map<String, String>> listed = new TreeMap<>();
    for (JsonNode topic : yaml("topics.yaml").required("topics")) {
      Map<String, String> config = new TreeMap<>();
      topic
          .required("config")
          .properties()
          .forEach(entry -> config.put(entry.getKey(), entry.getValue().asText()));
      listed.put(topic.required("name").textValue(), config);
    }
    Map<String, Map<String, String>> expected = new TreeMap<>();
    Topics.all().forEach(topic -> expected.put(topic.name(), topic.configuration()));

    assertThat(listed).isEqualTo(expected);
  }

  @Test
  void shouldLetAReaderOfEachRequestWriteItsDeadLetters() throws IOException {
    Set<String> written = new TreeSet<>();
    Set<String> deadLetters = new TreeSet<>();
    AccessRules rules = AccessRules.read(FILES);
    written.addAll(rules.user("reward-worker").topics("Write"));
    for (AccessRules.User service : rules.services()) {
      Set<String> reads = service.topics("Read");
      Set<String> writes = service.topics("Write");
      for (String name : reads) {
        Topic topic = Topics.find(name).orElseThrow();
        if (topic.hasDeadLetters() && writes.contains(topic.deadLetter().name())) {
          deadLetters.add(topic.deadLetter().name());
        }
      }
      written.addAll(writes);
    }

    assertThat(deadLetters)
        .as("written by a service that reads what they are for")
        .containsExactlyElementsOf(
            Topics.all().stream()
                .filter(Topic::hasDeadLetters)
                .map(topic -> topic.deadLetter().name())
                .sorted()
                .toList());
    assertThat(written)
        .as("every topic has a writer and there is no other")
        .containsExactlyElementsOf(Topics.all().stream().map(Topic::name).toList());
  }

  @Test
  void shouldLetWhoeverWaitsForScoresAskForThem() throws IOException {
    AccessRules rules = AccessRules.read(FILES);
    for (String user : List.of("trainer", "eval")) {
      assertThat(rules.user(user).topics("Write")).contains(Topics.REWARD_REQUESTED.name());
      assertThat(rules.user(user).topics("Read")).contains(Topics.REWARD_SCORED.name());
    }
  }

  /** At start each service compares all of them with what they should be. */
  @Test
  void shouldLetEveryServiceDescribeEveryTopic() throws IOException {
    List<String> topics = Topics.all().stream().map(Topic::name).toList();

    assertThat(AccessRules.read(FILES).services())
        .hasSize(ServiceKind.values().length)
        .allSatisfy(
            service -> {
              assertThat(service.topics("Describe")).containsExactlyElementsOf(topics);
              assertThat(service.topics("DescribeConfigs")).containsExactlyElementsOf(topics);
            });
  }

  @Test
  void shouldLetAProducerSubmitOnlyAndTheCommandReadAll() throws IOException {
    AccessRules rules = AccessRules.read(FILES);
    AccessRules.User producer = rules.user("producer");
    AccessRules.User command = rules.user("cli");
    String submitted = Topics.DATASET_SUBMITTED.name();

    assertThat(producer.acls()).hasSize(1);
    assertThat(producer.topics("Write")).containsExactly(submitted);
    assertThat(producer.topics("Read")).isEmpty();
    assertThat(command.topics("Write")).containsExactly(submitted);
    assertThat(command.topics("Read"))
        .containsExactlyElementsOf(Topics.all().stream().map(Topic::name).toList());
  }

  /** What the chart makes of the file is not rewritten on the way. */
  @Test
  void shouldMakeUsersOfTheRulesAsTheyAre() throws IOException {
    assertThat(Files.readString(DEPLOY.resolve("helm/affinage/templates/strimzi.yaml")))
        .contains("{{- toYaml $user.acls | nindent 6 }}");
  }

  private static JsonNode yaml(String name) throws IOException {
    return new YAMLMapper().readTree(FILES.resolve(name).toFile());
  }
}
