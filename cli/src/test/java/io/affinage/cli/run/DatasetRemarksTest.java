package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatasetRemarksTest {
  @Test
  void shouldTellWhatWasNotReadAndWhatWasDone() {
    assertThat(
            DatasetRemarks.lines(
                dataset(
                    Map.of("score", 1200L, "messages[].train", 7L),
                    Map.of("turns_merged", 3L, "with_tools", 3L))))
        .containsExactly(
            "not read, in so many rows: score 1,200, messages[].train 7",
            "rows with: turns merged 3, with tools 3");
  }

  @Test
  void shouldStayShortAndSilentWhereThereIsNothing() {
    Map<String, Long> many = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      many.put("c" + i, (long) i);
    }
    assertThat(DatasetRemarks.lines(dataset(many, Map.of())))
        .singleElement()
        .asString()
        .startsWith("not read, in so many rows: c99 99, c98 98, ")
        .endsWith("c88 88 and 88 more");
    assertThat(DatasetRemarks.lines(dataset(Map.of(), null))).isEmpty();
    assertThat(DatasetRemarks.lines(dataset(null, null))).isEmpty();
  }

  private static DatasetReady dataset(Map<String, Long> unread, Map<String, Long> notes) {
    return new DatasetReady(
        "s",
        "d",
        new ArtifactRef("sha256:" + "0".repeat(64), ArtifactRef.Kind.FOLDER, 1),
        DatasetLayout.MESSAGES,
        new DatasetCounts(1, 1, 0, 0),
        Map.of(),
        null,
        unread,
        notes,
        null);
  }
}
