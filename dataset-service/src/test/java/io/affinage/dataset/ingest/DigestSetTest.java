package io.affinage.dataset.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DigestSetTest {
  @Test
  void shouldBeASet() {
    DigestSet set = new DigestSet();
    Set<String> model = new HashSet<>();
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      long high = random.nextInt(300);
      long low = random.nextInt(300) * 0x9E3779B97F4A7C15L;
      if (set.add(high, low) != model.add(high + "," + low)) {
        fail("differs at " + high + ", " + low);
      }
    }
    assertThat(set.size()).isEqualTo(model.size());
  }
}
