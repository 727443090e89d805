package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptResultsTest {
  @TempDir Path folder;

  private final AtomicInteger runs = new AtomicInteger();
  private final Supplier<JsonNode> work = () -> Sides.task().put("v", runs.incrementAndGet());

  @Test
  void shouldRunATaskOnce() {
    KeptResults kept = new KeptResults(folder);
    ObjectNode task = Sides.task().put("examples", 8);
    assertThat(kept.find("ours", "a", task)).isEmpty();
    assertThat(kept.of("ours", "a", task, work).median("v")).isEqualTo(1);
    assertThat(new KeptResults(folder).of("ours", "a", task, work).median("v")).isEqualTo(1);
    assertThat(kept.find("ours", "a", task).orElseThrow().median("v")).isEqualTo(1);
    assertThat(kept.of("ours", "a", Sides.task().put("examples", 9), work).median("v"))
        .isEqualTo(2);
    assertThat(kept.of("ours", "b", task, work).median("v")).isEqualTo(3);
  }

  @Test
  void shouldTryFaultsAgain() {
    KeptResults kept = new KeptResults(folder);
    ObjectNode task = Sides.task();
    assertThat(kept.of("peer", "a", task, () -> Sides.task().put("error", "no module")).fault())
        .isEqualTo("peer: no module");
    assertThat(kept.of("peer", "a", task, work).fault()).isNull();
    assertThat(kept.find("ours", "a", task)).isEmpty();
  }

  @Test
  void shouldNameAFileThatIsDamaged() throws Exception {
    KeptResults kept = new KeptResults(folder);
    ObjectNode task = Sides.task();
    kept.of("ours", "a", task, work);
    try (Stream<Path> files = Files.list(folder)) {
      Files.writeString(files.findFirst().orElseThrow(), "{\"v\":");
    }
    assertThatThrownBy(() -> kept.of("ours", "a", task, work))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("remove it");
  }
}
