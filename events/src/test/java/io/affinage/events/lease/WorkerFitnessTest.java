package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ErrorDetail;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class WorkerFitnessTest {
  private static final ErrorDetail WHY = new ErrorDetail("device_failed", "it is gone", null);

  private Instant now = Instant.ofEpochSecond(1_000);
  private final WorkerFitness fitness = new WorkerFitness(Duration.ofSeconds(5), () -> now);

  @Test
  void shouldPauseLongerWithEachFaultUpToAMinute() {
    for (int seconds : new int[] {5, 10, 20, 40, 60, 60}) {
      fitness.failed(WHY);
      assertThat(fitness.ailment()).get().extracting(WorkerFitness.Ailment::why).isEqualTo(WHY);
      now = now.plusSeconds(seconds).minusMillis(1);
      assertThat(fitness.ailment()).isPresent();
      now = now.plusMillis(1);
      assertThat(fitness.ailment()).isEmpty();
    }
  }

  @Test
  void shouldBeFitAgainOnceItHasDoneAJob() {
    fitness.failed(WHY);
    fitness.failed(WHY);
    fitness.worked();
    assertThat(fitness.ailment()).isEmpty();

    fitness.failed(WHY);
    now = now.plusSeconds(5);
    assertThat(fitness.ailment()).isEmpty();
  }
}
