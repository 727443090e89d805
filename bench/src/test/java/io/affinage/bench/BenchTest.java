package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchTest {
  @TempDir Path folder;

  @Test
  void shouldReadOptions() throws Exception {
    Path model = Files.createFile(folder.resolve("m.gguf"));
    Path data = Files.writeString(folder.resolve("d.json"), "[]");
    CommandLine line = Bench.commandLine();
    line.parseArgs(
        arguments("sft", "--model", model, "--data", data, "--examples", 64, "--dtype", "fp32"));
    Setup setup = ((Bench) line.getCommand()).setup();
    assertThat(setup.examples()).isEqualTo(64);
    assertThat(setup.batch()).isEqualTo(8);
    assertThat(setup.dtype()).isEqualTo("fp32");
    assertThat(setup.model()).isEqualTo(model.toAbsolutePath());
    assertThat(setup.recompute()).isFalse();
    assertThat(setup.regimes()).containsExactly("lora", "partial", "full");
  }

  /** It makes its model, and learns any text. */
  @Test
  void shouldNeedNoModelAndNoDataForAWorkstation() throws Exception {
    Path text = Files.writeString(folder.resolve("t.txt"), "text");
    CommandLine line = Bench.commandLine();
    line.parseArgs(arguments("workstation", "--shape", "tiny", "--text", text));
    assertThat(((Bench) line.getCommand()).setup().workstation().shape().name()).isEqualTo("tiny");
    assertThat(error("workstation", "--text", text, "--shape", "7b")).contains("not '7b'");
  }

  @Test
  void shouldTakeEachBenchmarksOwnRegimes() throws Exception {
    Path model = Files.createFile(folder.resolve("m.gguf"));
    Path data = Files.writeString(folder.resolve("d.json"), "[]");
    CommandLine line = Bench.commandLine();
    line.parseArgs(arguments("quality", "--model", model, "--data", data));
    assertThat(((Bench) line.getCommand()).setup().regimes())
        .containsExactly("lora", "nf4", "nf4-double", "loftq", "loftq-5", "pissa");
    assertThat(error("quality", "--model", model, "--data", data, "--regimes", "nf4,full"))
        .contains("--regimes are [lora, nf4, nf4-double,")
        .contains("not [full]");
  }

  @Test
  void shouldNameWhatIsWrong() throws Exception {
    Path model = Files.createFile(folder.resolve("m.gguf"));
    Path data = Files.writeString(folder.resolve("d.json"), "[]");
    assertThat(error("nonsense")).contains("no benchmark 'nonsense'").contains("ingest");
    assertThat(error("sft", "--data", data)).contains("sft needs --model");
    assertThat(error("ingest", "--data", folder.resolve("none"))).contains("does not exist");
    assertThat(error("grpo", "--model", model)).contains("grpo needs --data");
    assertThat(error("ingest", "--data", data, "--repeat", 0)).contains("--repeat");
    assertThat(error("ingest", "--data", data, "--dtype", "fp8")).contains("--dtype");
    assertThat(error("ingest", "--data", data, "--regimes", "full,ful")).contains("[ful]");
  }

  private String error(Object... arguments) {
    StringWriter err = new StringWriter();
    CommandLine line = Bench.commandLine().setErr(new PrintWriter(err, true));
    assertThat(line.execute(arguments(arguments))).isEqualTo(2);
    return err.toString();
  }

  private String[] arguments(Object... given) {
    List<String> all = new ArrayList<>();
    for (Object each : given) {
      all.add(each.toString());
    }
    all.add("--work");
    all.add(folder.resolve("work").toString());
    return all.toArray(String[]::new);
  }
}
