package io.affinage.reward.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.reward.KafkaResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs in {@code examples/}, as users start them. */
@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class ExamplesIT {
  private static final Path EXAMPLES = Path.of("..", "examples");

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  @TempDir Path folder;

  /** How an example is started. */
  enum Language {
    JAVA {
      @Override
      List<String> command(String example) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(
            java, "-cp", CLIENTS, EXAMPLES.resolve("java/" + example + ".java").toString());
      }
    },
    PYTHON {
      @Override
      List<String> command(String example) throws Exception {
        String python = System.getProperty("affinage.python", "python3");
        Process asked = new ProcessBuilder(python, "-c", "import confluent_kafka").start();
        assumeTrue(
            asked.waitFor() == 0,
            "skipped: " + python + " has no confluent_kafka (system property affinage.python)");
        String name = example.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase();
        return List.of(python, EXAMPLES.resolve("python/" + name + ".py").toString());
      }
    };

    abstract List<String> command(String example) throws Exception;
  }

  /** The jars of the client and what it needs. */
  private static final String CLIENTS =
      Arrays.stream(
              new Class<?>[] {
                org.apache.kafka.clients.producer.KafkaProducer.class,
                org.slf4j.Logger.class,
                com.fasterxml.jackson.databind.ObjectMapper.class,
                com.fasterxml.jackson.core.JsonParser.class,
                com.fasterxml.jackson.annotation.JsonInclude.class
              })
          .map(type -> Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()))
          .map(Path::toString)
          .collect(Collectors.joining(java.io.File.pathSeparator));

  @BeforeEach
  void ready() {
    await()
        .atMost(Questions.SOON)
        .untilAsserted(() -> RestAssured.get("/q/health/ready").then().statusCode(200));
  }

  @ParameterizedTest
  @EnumSource(Language.class)
  void shouldScoreByAWorker(Language language) throws Exception {
    try (Questions asker = new Questions(bootstrapServers)) {
      Process worker = start(language, "RewardWorker", bootstrapServers, asker.topic);
      try {
        RewardSpec spec =
            new RewardSpec.External(
                asker.topic,
                5_000L,
                10,
                null,
                JsonNodeFactory.instance.objectNode().put("mostWords", 2));
        String request = asker.request(spec, "one two", "one two three four");
        RewardScored scored = asker.scored(request);
        assertThat(scored.scores())
            .as(Files.readString(folder.resolve("RewardWorker.log")))
            .extracting(RewardScored.Score::value)
            .containsExactly(1.0, 0.5);
        assertThat(scored.scores().get(1).detail()).isEqualTo("4 words");
      } finally {
        worker.destroy();
        if (!worker.waitFor(10, TimeUnit.SECONDS)) {
          worker.destroyForcibly();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Language.class)
  void shouldSubmitADataset(Language language) throws Exception {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"prompt\": \"2+2?\", \"completion\": \"4\"}\n");
    String name = "sums-" + language.name().toLowerCase();
    try (Questions reader = new Questions(bootstrapServers, "none")) {
      Process producer = start(language, "SubmitDataset", bootstrapServers, name, rows.toString());
      assertThat(producer.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(producer.exitValue())
          .as(Files.readString(folder.resolve("SubmitDataset.log")))
          .isZero();
      DatasetSubmitted submitted =
          await()
              .atMost(Questions.SOON)
              .until(
                  () ->
                      reader.seen(DatasetSubmitted.class).stream()
                          .filter(dataset -> dataset.name().equals(name))
                          .findFirst(),
                  java.util.Optional::isPresent)
              .orElseThrow();
      assertThat(((DatasetSource.Inline) submitted.source()).rows())
          .singleElement()
          .satisfies(row -> assertThat(row.get("completion").textValue()).isEqualTo("4"));
    }
  }

  private Process start(Language language, String example, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(language.command(example));
    command.addAll(List.of(arguments));
    return started(command, folder.resolve(example + ".log"));
  }

  private static Process started(List<String> command, Path log) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
