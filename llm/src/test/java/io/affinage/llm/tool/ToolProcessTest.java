package io.affinage.llm.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Real processes. */
class ToolProcessTest {
  private static final int PATIENCE_SECONDS = 60;

  private static Process start(long parent) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-D%s=%d".formatted(ToolProcess.PARENT, parent),
            "-cp",
            System.getProperty("java.class.path"),
            EndlessTool.class.getName())
        .start();
  }

  /** A command line that is killed leaves no process behind that works for nobody. */
  @Test
  void shouldEndWithItsParent() throws Exception {
    Process parent = new ProcessBuilder("cat").start();
    Process tool = start(parent.pid());
    try (BufferedReader errors = tool.errorReader()) {
      assertThat(errors.readLine()).isEqualTo("began");
      assertThat(tool.isAlive()).isTrue();
      parent.destroyForcibly();
      assertThat(tool.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(tool.exitValue()).isEqualTo(1);
    } finally {
      parent.destroyForcibly();
      tool.destroyForcibly();
    }
  }

  @Test
  void shouldNotBeginWithoutItsParent() throws Exception {
    Process parent = new ProcessBuilder("true").start();
    parent.waitFor();
    Process tool = start(parent.pid());
    try (BufferedReader errors = tool.errorReader()) {
      assertThat(tool.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(errors.readLine()).isNull();
    } finally {
      tool.destroyForcibly();
    }
  }
}
