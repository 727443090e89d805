package io.affinage.trainer.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class PageTest {
  private static final List<String> ALL = List.of("c", "b", "a");

  @Test
  void shouldWalkThroughEverything() {
    Page<String> first = Page.of(ALL, Function.identity(), null, 2);
    Page<String> second = Page.of(ALL, Function.identity(), first.lastId(), 2);

    assertThat(first).isEqualTo(new Page<>("list", List.of("c", "b"), "c", "b", true));
    assertThat(second).isEqualTo(new Page<>("list", List.of("a"), "a", "a", false));
  }

  @Test
  void shouldRefuseABadCursorAndLimit() {
    assertThatThrownBy(() -> Page.of(ALL, Function.identity(), "x", 2))
        .hasMessageContaining("after names nothing");
    assertThatThrownBy(() -> Page.of(ALL, Function.identity(), null, 0))
        .hasMessageContaining("must be 1 to 100");
  }
}
