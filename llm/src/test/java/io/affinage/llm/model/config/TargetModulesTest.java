package io.affinage.llm.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.affinage.llm.error.LlmException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetModulesTest {
  private static final DecoderConfig CONFIG =
      DecoderConfig.llama(new DecoderShape(37, 16, 24, 2, 4, 2, 4, 64, true), 1e-5, 10_000);

  @Test
  void shouldTakeEndsOfNamesInSlotOrder() {
    assertThat(slots("down_proj", "self_attn.q_proj", "q_proj"))
        .containsExactly(LinearSlot.Q, LinearSlot.DOWN);
    assertThat(slots("all-linear")).containsExactly(LinearSlot.values());
  }

  @Test
  void shouldTakeWholeNamesOfAllBlocks() {
    assertThat(slots("model.layers.0.mlp.up_proj", "1.mlp.up_proj", "v_proj"))
        .containsExactly(LinearSlot.V, LinearSlot.UP);
  }

  @Test
  void shouldRefuseWhatNoLayerIsCalled() {
    for (String name : List.of("proj", "lm_head", "model.layers.2.mlp.up_proj", "")) {
      assertThatExceptionOfType(LlmException.class)
          .isThrownBy(() -> slots("q_proj", name))
          .withMessageContaining("target module '%s' does not exist", name);
    }
  }

  @Test
  void shouldRefuseALayerOfSomeBlocks() {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> slots("model.layers.1.mlp.up_proj"))
        .withMessageContaining("target modules have mlp.up_proj in blocks [1] alone");
  }

  private static List<LinearSlot> slots(String... names) {
    return CONFIG.targets(List.of(names)).stream().map(LinearLayer::slot).toList();
  }
}
