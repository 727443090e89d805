package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkstationBenchmarkTest {
  private static final ModelShape TINY = ModelShape.named("tiny").orElseThrow();
  private static final String TEXT =
      "An answer is learned by the tokens of which it is made. ".repeat(20);

  @TempDir Path folder;

  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  void shouldWriteAModelThatOpens() throws Exception {
    long[] written = {0};
    SyntheticModel model = new SyntheticModel(TINY, more -> written[0] += more);
    Path stored = folder.resolve("model");
    assertThat(SyntheticModel.isIn(stored, TINY)).isFalse();

    model.write(stored, TEXT);

    assertThat(SyntheticModel.isIn(stored, TINY)).isTrue();
    assertThat(SyntheticModel.isIn(stored, ModelShape.named("1b").orElseThrow())).isFalse();
    long size = Files.size(stored.resolve("model.safetensors"));
    assertThat(size).isBetween(model.bytes(), model.bytes() + (128 << 10));
    assertThat(written[0]).isBetween(model.bytes() * 9 / 10, model.bytes());
    Checkpoint checkpoint = Checkpoint.open(stored);
    DecoderConfig config = DecoderFiles.config(checkpoint);
    DecoderFiles.requireFit(checkpoint, config);
    assertThat(config.shape().layers()).isEqualTo(4);
    String query = "model.layers.1.self_attn.q_proj.weight";
    assertThat(checkpoint.entry(query).type()).isEqualTo(StorageType.NF4);
    assertThat(checkpoint.nestedScales(checkpoint.entry(query))).isTrue();
    assertThat(deviation(checkpoint, query)).isCloseTo(0.02, within(0.001));
    assertThat(deviation(checkpoint, "model.layers.2.mlp.down_proj.weight"))
        .isCloseTo(0.02 / Math.sqrt(8), within(0.001));
    assertThat(deviation(checkpoint, "lm_head.weight")).isCloseTo(0.02, within(0.001));
    assertThat(checkpoint.readFloats(query))
        .isNotEqualTo(checkpoint.readFloats("model.layers.0.self_attn.q_proj.weight"));

    new SyntheticModel(TINY, more -> {}).write(folder.resolve("again"), TEXT);

    assertThat(folder.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(stored.resolve("model.safetensors"));
  }

  private static double deviation(Checkpoint checkpoint, String name) {
    double squares = 0;
    float[] values = checkpoint.readFloats(name);
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / values.length);
  }

  @ParameterizedTest
  @CsvSource({"1b, 0.96", "3b, 2.09", "8b, 5.31", "70b, 36.8"})
  void shouldHaveTheSizesOfWellKnownModels(String name, double gibibytes) {
    ModelShape shape = ModelShape.named(name).orElseThrow();
    assertThat(new SyntheticModel(shape, more -> {}).bytes() / (double) (1 << 30))
        .isCloseTo(gibibytes, within(0.01));
  }

  /** Real processes: one is killed in its second step. */
  @Test
  @Tag("slow")
  void shouldGoOnWhereItWasKilledAndUseTheModelAgain() throws Exception {
    Map<String, Measure> killed = run(WorkstationBenchmark.here(), true);
    assertThat(progress.toString(StandardCharsets.UTF_8))
        .contains("killed in step 2")
        .contains("after step 1");
    assertThat(folder.resolve("work/workstation-tiny/model/config.json")).exists();
    assertThat(folder.resolve("work/workstation-tiny/run")).doesNotExist();
    progress.reset();

    Map<String, Measure> undisturbed = run(WorkstationBenchmark.here(), false);

    assertThat(progress.toString(StandardCharsets.UTF_8))
        .contains("again")
        .doesNotContain("killed");
    for (Map<String, Measure> measures : List.of(killed, undisturbed)) {
      assertThat(measures.get("loss").ours()).isBetween(1.0, 12.0);
      assertThat(measures.get("loss").note()).contains("skipped: 0, 0, 0");
      assertThat(measures.get("adapters_moved").ours()).isEqualTo(4 * 7);
      assertThat(measures.get("adapters_moved").getRatio()).isEqualTo(1);
      assertThat(measures.get("anonymous_memory").ours()).isPositive();
      assertThat(measures.get("resident_memory").ours())
          .isGreaterThanOrEqualTo(measures.get("anonymous_memory").ours());
      assertThat(measures.get("bytes_per_step").ours()).isPositive();
      assertThat(measures.get("tokens_per_second").peer()).isPositive();
    }
    assertThat(killed.get("loss").note()).isEqualTo(undisturbed.get("loss").note());
    assertThat(killed.get("adapters_moved").note()).contains("killed once");
    assertThat(Files.readAllLines(folder.resolve("work/workstation.jsonl")))
        .hasSize(2 * killed.size());
  }

  /** Whichever part of the file is missed first: it is an error, or ends the process. */
  @Test
  @Tag("slow")
  void shouldEndWhereTheModelIsCutWhileInUse() throws Exception {
    Path model = folder.resolve("model");
    new SyntheticModel(TINY, more -> {}).write(model, TEXT);
    Setup setup = setup(false);
    ObjectNode task =
        Sides.task()
            .put("model", model.toString())
            .put("checkpoints", Files.createDirectories(folder.resolve("checkpoints")).toString())
            .put("text", setup.text().toString())
            .put("tokens", 24)
            .put("steps", 2_000)
            .put("dtype", "bf16")
            .put("rank", 16)
            .put("alpha", 32)
            .put("seed", 1);
    Process process =
        new Sides(setup, new PrintStream(progress))
            .begin("workstation", task, folder.resolve("log"));
    List<String> said = new ArrayList<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (said.isEmpty() && line.contains("\"step\",\"step\":2")) {
          try (FileChannel file =
              FileChannel.open(model.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
            file.truncate(4096);
          }
          said.add(line);
        }
        if (line.startsWith("{\"error\"")) {
          said.add(line);
        }
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(said).isNotEmpty();
    if (said.size() > 1) {
      assertThat(said.get(1)).contains("checkpoint_unreadable");
    } else {
      assertThat(process.exitValue()).isNotZero();
    }
  }

  @Test
  void shouldRefuseADiskThatIsTooSmall() throws Exception {
    assertThatThrownBy(() -> run(new WorkstationBenchmark(any -> 1 << 20), false))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("needs 0.2")
        .hasMessageContaining("0.00 GiB left")
        .hasMessageContaining("--work");
    try (Stream<Path> left = Files.walk(folder.resolve("work"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  /** What is on record of a run that was cut off, the last line in its middle. */
  @Test
  void shouldKeepWhatStepsTook() throws Exception {
    Path file = folder.resolve("events.jsonl");
    StepLog log = new StepLog(file);
    log.add(step(1, 11, 5));
    log.add(step(2, 12, 9));
    log.add(step(2, 13, 7));
    Files.writeString(file, "{\"event\":\"st", StandardOpenOption.APPEND);

    StepLog read = new StepLog(file);

    assertThat(read.steps())
        .extracting(each -> each.get("seconds").intValue())
        .containsExactly(11, 13);
    assertThat(read.most("anonymous")).isEqualTo(9);
    assertThat(read.last("killed")).isEmpty();
  }

  private static ObjectNode step(int step, int seconds, long memory) {
    return new ObjectMapper()
        .createObjectNode()
        .put("event", "step")
        .put("step", step)
        .put("seconds", seconds)
        .put("anonymous", memory);
  }

  private Setup setup(boolean kill) throws Exception {
    return new Setup(
        null,
        null,
        null,
        "none",
        folder,
        Files.createDirectories(folder.resolve("work")),
        1,
        1,
        List.of(),
        Files.writeString(folder.resolve("text.txt"), TEXT),
        1,
        1,
        false,
        "auto",
        2,
        3,
        1,
        1,
        1,
        Duration.ofSeconds(120),
        new Workstation(TINY, 3, 24, kill, true));
  }

  private Map<String, Measure> run(WorkstationBenchmark benchmark, boolean kill) throws Exception {
    Setup setup = setup(kill);
    Map<String, Measure> measures = new TreeMap<>();
    benchmark.run(
        setup,
        new Sides(setup, new PrintStream(progress, true, StandardCharsets.UTF_8)),
        measure -> measures.put(measure.measure().replaceFirst(".*\\.", ""), measure));
    return measures;
  }
}
