package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts here are shell's, so that no Python is needed. */
class SidesTest {
  @TempDir Path folder;

  @Test
  void shouldTakeTheLastLineAndTheMedian() throws Exception {
    script("good", "echo noise; echo x >> " + folder.resolve("runs"));
    Files.writeString(
        folder.resolve("good.py"),
        "n=$(wc -l < " + folder.resolve("runs") + "); echo \"{\\\"v\\\": $((n * n))}\"\n",
        java.nio.file.StandardOpenOption.APPEND);
    RunResults answer = sides(3, 20).byTurns(null, null, "good", Sides.task()).peer();
    assertThat(answer.fault()).isNull();
    assertThat(answer.median("v")).isEqualTo(4);
  }

  @Test
  void shouldSayWhyThereIsNoResult() throws Exception {
    script("missing", "echo '{\"error\": \"module trl is missing\"}'; exit 3");
    script("broken", "echo 'out of memory' >&2; exit 7");
    script("slow", "exec sleep 60");
    assertThat(fault("missing", 20)).isEqualTo("peer: module trl is missing");
    assertThat(fault("broken", 20)).contains("status 7").contains("out of memory");
    assertThat(fault("slow", 1)).contains("cut off after 1 s");
    assertThat(fault("absent", 20)).contains("--peers");
  }

  private String fault(String script, int seconds) {
    return sides(1, seconds).byTurns(null, null, script, Sides.task()).peer().fault();
  }

  private void script(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name + ".py"), text + "\n");
  }

  private Sides sides(int repeat, int seconds) {
    Setup setup =
        new Setup(
            null,
            null,
            null,
            "sh",
            folder,
            folder,
            1,
            1,
            List.of(),
            null,
            1,
            1,
            false,
            "auto",
            1,
            1,
            1,
            1,
            repeat,
            Duration.ofSeconds(seconds),
            null);
    return new Sides(setup, new PrintStream(new ByteArrayOutputStream()));
  }
}
