package io.affinage.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRingTest {
  private static final String KEY = "0123456789abcdef0123456789abcdef";

  @Test
  void shouldFindKeysInPlainAndHashed() {
    String hash = HexFormat.of().formatHex(ApiKey.digest("another-" + KEY));
    KeyRing ring =
        KeyRing.parse(
            "keys",
            """
            # who may

            ana submit,read %s
              ben  serve   sha256:%s
            """
                .formatted(KEY, hash));

    assertThat(ring.find(KEY)).map(ApiKey::name).contains("ana");
    assertThat(ring.find(KEY)).map(ApiKey::roles).contains(Set.of("submit", "read"));
    assertThat(ring.find("another-" + KEY)).map(ApiKey::name).contains("ben");
    assertThat(ring.find("sha256:" + hash)).isEmpty();
    assertThat(ring.find(hash)).isEmpty();
    assertThat(ring.find("")).isEmpty();
    assertThat(ring.find(KEY.toUpperCase(java.util.Locale.ROOT))).isEmpty();
  }

  @Test
  void shouldShowNoKey() {
    KeyRing ring = KeyRing.parse("keys", "ana read " + KEY);

    assertThat(ring)
        .asString()
        .contains("ana")
        .doesNotContain(KEY)
        .doesNotContain(HexFormat.of().formatHex(ApiKey.digest(KEY)).substring(0, 8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ana read",
        "ana read KEY more",
        "ana everything KEY",
        "ana READ KEY",
        "ana read, KEY",
        "ana ,read KEY",
        "a/b read KEY",
        "ana read short",
        "ana read sha256:0123",
        "ana read KEYé",
        "ana read KEY\nben read KEY"
      })
  void shouldRefuseALineByItsNumberWithoutShowingIt(String text) {
    String lines = "# first\n" + text.replace("KEY", KEY);
    assertThatThrownBy(() -> KeyRing.parse("the-file", lines))
        .isInstanceOf(KeyFileException.class)
        .hasMessageContaining("the-file, line " + (text.contains("\n") ? 3 : 2))
        .hasMessageNotContaining(KEY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# nobody\n"})
  void shouldNotTakeAnEmptyFileForNoKeysNeeded(String text) {
    assertThatThrownBy(() -> KeyRing.parse("the-file", text))
        .isInstanceOfSatisfying(
            KeyFileException.class, e -> assertThat(e.code()).isEqualTo("keys_empty"));
  }
}
