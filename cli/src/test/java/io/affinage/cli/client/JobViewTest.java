package io.affinage.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ErrorDetail;
import org.junit.jupiter.api.Test;

class JobViewTest {
  private static final ErrorDetail ERROR = new ErrorDetail("out_of_memory", "No memory.", null);

  @Test
  void shouldTellTheAttemptEvenWhenTheEndIsReadFirst() {
    JobView job =
        JobView.unknown("j")
            .ended(JobView.Status.FAILED, null, ERROR)
            .claimed(1, "a")
            .claimed(2, "b");

    assertThat(job.status()).isEqualTo(JobView.Status.FAILED);
    assertThat(job.attempt()).isEqualTo(2);
    assertThat(job.workerId()).isEqualTo("b");
    assertThat(job.error()).isEqualTo(ERROR);
  }
}
