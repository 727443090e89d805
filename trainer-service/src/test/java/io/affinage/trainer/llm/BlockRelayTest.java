package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.model.BlockUse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockRelayTest {
  private static List<String> told(int layers, int... uses) {
    List<String> told = new ArrayList<>();
    BlockRelay relay =
        new BlockRelay(
            layers, block -> told.add((block.backward() ? "back " : "forth ") + block.done()));
    for (int layer : uses) {
      relay.used(new BlockUse(layer, 10, 1, 0.5, 0.25, 2));
    }
    return told;
  }

  @Test
  void shouldFollowAPassUpAndDownAndTheNext() {
    assertThat(told(3, 0, 1, 2, 2, 1, 0, 0, 1))
        .containsExactly(
            "forth 1", "forth 2", "forth 3", "back 1", "back 2", "back 3", "forth 1", "forth 2");
  }

  /** Blocks are computed again on the way back. */
  @Test
  void shouldStayOnTheWayBackWhereABlockIsUsedTwice() {
    assertThat(told(3, 0, 1, 2, 2, 2, 1, 1, 0))
        .containsExactly(
            "forth 1", "forth 2", "forth 3", "back 1", "back 1", "back 2", "back 2", "back 3");
  }

  @Test
  void shouldBeginAnewAfterAPassWithoutAWayBack() {
    assertThat(told(4, 0, 1, 2, 3, 0, 1)).endsWith("forth 1", "forth 2").doesNotContain("back 1");
  }

  @Test
  void shouldHandOnWhatAUseTook() {
    List<Double> times = new ArrayList<>();
    new BlockRelay(
            1,
            block -> {
              times.add((double) block.bytesRead());
              times.add(block.waiting());
              times.add(block.dequantizing());
              times.add(block.computing());
            })
        .used(new BlockUse(0, 10, 1, 0.5, 0.25, 2));

    assertThat(times).containsExactly(10.0, 0.5, 0.25, 2.0);
  }
}
