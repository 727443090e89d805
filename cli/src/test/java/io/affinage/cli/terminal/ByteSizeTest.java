package io.affinage.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "64GiB, 68719476736",
    "24 GB, 24000000000",
    "1.5g, 1610612736",
    "512MiB, 536870912",
    "1000, 1000",
    "2TiB, 2199023255552"
  })
  void shouldReadWhatPeopleWrite(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GiB", "-1GiB", "64 gibs", "0", "1e3", "99999999999TiB", "0.1"})
  void shouldRefuseWhatIsNoSize(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void shouldShowGibibytesAndBelowThemMebibytes() {
    assertThat(new ByteSize(68719476736L)).hasToString("64.0 GiB");
    assertThat(new ByteSize(1 << 29)).hasToString("512 MiB");
  }
}
