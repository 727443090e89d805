package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineTest {
  @TempDir private Path folder;
  private FolderArtifactStore store;

  @BeforeEach
  void open() throws Exception {
    store = new FolderArtifactStore(folder.resolve("store"));
  }

  @Test
  void shouldSayWhereARowIsBadAndWhy() throws Exception {
    assertThat(
            Quarantine.lines(
                dataset(
                    1,
                    "{\"line\":8,\"row\":7,\"reason\":\"invalid_json\",\"detail\":\"unexpected end\",\"raw\":\"{\"}\n"),
                store))
        .containsExactly("row 7, line 8: unexpected end [invalid_json]");
  }

  @Test
  void shouldCountTheRowsThatAreNotShown() throws Exception {
    DatasetReady ready =
        dataset(
            1200,
            "{\"line\":1,\"row\":1,\"reason\":\"missing_field\",\"detail\":\"d\"}\n".repeat(1200));
    assertThat(Quarantine.lines(ready, store))
        .hasSize(4)
        .last()
        .isEqualTo("1,197 more in quarantine.jsonl of " + ready.dataset().digest());
  }

  @Test
  void shouldSayNothingOfAGoodDataset() throws Exception {
    assertThat(Quarantine.lines(dataset(0, ""), store)).isEmpty();
  }

  private DatasetReady dataset(long quarantined, String rows) throws Exception {
    Path files = Files.createDirectories(folder.resolve("dataset"));
    Files.writeString(files.resolve("quarantine.jsonl"), rows);
    return new DatasetReady(
        "s",
        "support",
        LocalFiles.reference(store.putFolder(files)),
        DatasetLayout.ALPACA,
        new DatasetCounts(quarantined + 1, 1, 0, quarantined),
        Map.of("train", 1L),
        null);
  }
}
