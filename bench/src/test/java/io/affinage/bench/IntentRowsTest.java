package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IntentRowsTest {
  @TempDir Path folder;

  @Test
  void shouldMixRowsThatComeByIntent() throws Exception {
    StringBuilder csv = new StringBuilder("utterance,intent,tags\n");
    IntStream.range(0, 40).forEach(i -> csv.append("say " + i + ",intent " + i / 20 + ",B\n"));
    Path file = Files.writeString(folder.resolve("d.csv"), csv);
    assertThat(IntentRows.read(file, 20, 0).stream().map(IntentRows.Row::intent).distinct())
        .hasSize(2);
    assertThat(IntentRows.read(file, 20, 0)).isEqualTo(IntentRows.read(file, 40, 0).subList(0, 20));
    assertThat(IntentRows.read(file, 20, 1)).isNotEqualTo(IntentRows.read(file, 20, 0));
    assertThatThrownBy(() -> IntentRows.read(file, 41, 0))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("has 40 rows, fewer than 41");
  }

  @Test
  void shouldNameColumnsThatAreMissing() throws Exception {
    Path file = Files.writeString(folder.resolve("d.csv"), "text,label\na,b\n");
    assertThatThrownBy(() -> IntentRows.read(file, 1, 0))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("utterance");
  }
}
