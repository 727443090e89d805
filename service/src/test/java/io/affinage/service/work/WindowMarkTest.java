package io.affinage.service.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindowMarkTest {
  /** The default of the broker's offset.metadata.max.bytes. */
  private static final int MAX_METADATA = 4_096;

  @Test
  void shouldReadWhatItWrote() {
    BitSet done = new BitSet();
    done.set(1);
    done.set(70);
    WindowMark mark = new WindowMark(Map.of(0, 3, 12, 1), done);
    assertThat(WindowMark.parse(mark.text())).isEqualTo(mark);
    assertThat(WindowMark.parse(WindowMark.none().text())).isEqualTo(WindowMark.none());
  }

  @Test
  void shouldFitBesideAnOffset() {
    BitSet done = new BitSet();
    done.set(0, PartitionWindow.MAX_OFFSETS + 1_000);
    Map<Integer, Integer> begun = new java.util.HashMap<>();
    for (int i = 0; i < 50; i++) {
      begun.put(PartitionWindow.MAX_OFFSETS + i, 5);
    }
    assertThat(new WindowMark(begun, done).text().length()).isLessThan(MAX_METADATA);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "something of another tool",
        "affinage1;",
        "affinage1;;~",
        "affinage1;x1,;",
        "affinage1;9999999999x1,;",
        "affinage1;1x1,;A",
        "affinage2;;"
      })
  void shouldTakeNothingFromWhatOthersWrote(String metadata) {
    assertThat(WindowMark.parse(metadata)).isEqualTo(WindowMark.none());
  }
}
