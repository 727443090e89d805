package io.affinage.trainer.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.service.rest.ApiException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetadataFilterTest {
  private static final Map<String, String> LABELS = Map.of("team", "a", "use", "");

  @Test
  void shouldTakeJobsThatHaveAllWantedLabels() {
    assertThat(filter("metadata[team]", "a").takes(LABELS)).isTrue();
    assertThat(filter("metadata[team]", "b").takes(LABELS)).isFalse();
    assertThat(filter("metadata[use]", "").takes(LABELS)).isTrue();
    assertThat(filter("metadata[team]", "a").takes(null)).isFalse();
    assertThat(filter("limit", "1").takes(null)).isTrue();
  }

  @Test
  void shouldTakeJobsWithoutLabelsForTheWordNull() {
    MetadataFilter none = MetadataFilter.of("null", Map.of("metadata", List.of("null")));

    assertThat(none.takes(null)).isTrue();
    assertThat(none.takes(Map.of())).isTrue();
    assertThat(none.takes(LABELS)).isFalse();
  }

  @Test
  void shouldRefuseOtherWordsAndBothForms() {
    assertThatThrownBy(() -> MetadataFilter.of("x", Map.of())).isInstanceOf(ApiException.class);
    assertThatThrownBy(() -> MetadataFilter.of("null", Map.of("metadata[team]", List.of("a"))))
        .isInstanceOf(ApiException.class);
  }

  private static MetadataFilter filter(String name, String value) {
    return MetadataFilter.of(null, Map.of(name, List.of(value)));
  }
}
