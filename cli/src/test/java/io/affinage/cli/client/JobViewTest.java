package io.affinage.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ErrorDetail;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.objective.PpoSpec;
import io.affinage.events.spec.Settings;
import java.time.Instant;
import java.util.List;
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

  @Test
  void shouldKeepWarningsWhileProgressGoesOn() {
    Warning left = new Warning("rows_left_out", "1 row");
    Warning rising = new Warning("loss_rising", "it rises");
    JobView job =
        JobView.unknown("j")
            .claimed(1, "a")
            .progressed(progress(0, List.of(left)))
            .progressed(progress(1, null))
            .progressed(progress(2, List.of(left, rising)))
            .progressed(progress(3, null));

    assertThat(job.warnings()).containsExactly(left, rising);
    assertThat(job.claimed(2, "b").warnings()).isEmpty();
  }

  /** PPO's answers are learned from in four passes unless its request says otherwise. */
  @Test
  void shouldCountRoundsOfAnswers() {
    JobView job = JobView.unknown("j").claimed(1, "a").progressed(progress(9, null));
    assertThat(job.iteration()).isEqualTo(9);

    PpoSpec ppo =
        Settings.build(PpoSpec.class)
            .with("reward", new RewardSpec.ExactMatch(false, false))
            .record();
    TrainingSpec spec = Settings.build(TrainingSpec.class).with("objective", ppo).record();
    assertThat(
            job.requested(
                    new TrainingRequested("j", "scratch", null, "d", spec, null, null, null),
                    Instant.EPOCH)
                .iteration())
        .isEqualTo(3);
  }

  private static TrainingProgressed progress(int step, List<Warning> warnings) {
    return new TrainingProgressed(
        "j", 1, "a", step, 9, null, null, 0, null, null, null, warnings, null);
  }
}
