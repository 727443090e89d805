package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No block of a deep model drops what another drops, in the same pass or in one nearby. */
class DropoutSeedTest {
  @Test
  void shouldDifferByBlockAndPass() {
    int passes = 100;
    int blocks = 96;
    Set<Long> seeds = new HashSet<>();
    for (long pass = 0; pass < passes; pass++) {
      for (int block = 0; block < blocks; block++) {
        long seed = ForwardBackward.dropoutSeed(7_000_021L + pass, block);
        assertThat(seed).isBetween(0L, (1L << 29) - 1);
        seeds.add(seed);
      }
    }
    assertThat(seeds).hasSize(passes * blocks);
  }
}
