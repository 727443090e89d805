package io.affinage.service.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class PageTest {
  private static final List<String> ALL = List.of("c", "b", "a");

  @Test
  void shouldWalkThroughEverything() {
    Page<String> first = page(null, 2, null);
    Page<String> second = page(first.lastId(), 2, null);

    assertThat(first).isEqualTo(new Page<>("list", List.of("c", "b"), "c", "b", true));
    assertThat(second).isEqualTo(new Page<>("list", List.of("a"), "a", "a", false));
  }

  @Test
  void shouldRefuseABadCursorAndLimit() {
    assertThatThrownBy(() -> page("x", 2, null)).hasMessageContaining("after names nothing");
    assertThatThrownBy(() -> page(null, 0, null)).hasMessageContaining("must be from 1 to 100");
  }

  @Test
  void shouldTurnTheOrderAround() {
    assertThat(page(null, 2, "asc").data()).containsExactly("a", "b");
    assertThat(page("b", null, "asc").data()).containsExactly("c");
    assertThatThrownBy(() -> page(null, null, "up")).hasMessageContaining("asc or desc");
  }

  private static Page<String> page(String after, Integer limit, String order) {
    return Page.of(ALL, Function.identity(), new Page.Wish(after, limit, order), 100);
  }
}
