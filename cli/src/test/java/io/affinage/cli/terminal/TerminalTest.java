package io.affinage.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {

  /** Colours, cursor moves, titles and the 8-bit form of the escape character. */
  @Test
  void shouldLetNoTextSpeakToTheTerminal() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            100);
    String hostile = "a\u001b[2J\rb\u0007\u009b31mc\u0000 \ud83d\ude00\td";

    terminal.note(hostile);
    terminal.stream(hostile);
    terminal.result(Map.of(), List.of(hostile));

    String shown = "a\uFFFD[2J\uFFFDb\uFFFD\uFFFD31mc\uFFFD \ud83d\ude00\td";
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo(shown + "\n");
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(shown + shown + "\n");
  }
}
