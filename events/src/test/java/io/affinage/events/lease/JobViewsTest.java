package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.lease.JobEntry.Control;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Duplicates of events, as a producer that tries again or a replay makes them. */
class JobViewsTest {
  private static final Instant NOW = Instant.EPOCH;
  private final JobViews views = new JobViews();

  @Test
  void shouldNotPauseAgainForTheSameWish() {
    apply("p", new JobEntry.ControlRequested("j", Control.PAUSE));
    apply("r", new JobEntry.ControlRequested("j", Control.RESUME));

    assertThat(apply("p", new JobEntry.ControlRequested("j", Control.PAUSE)))
        .isEqualTo(Verdict.DUPLICATE);

    assertThat(views.state("j")).isInstanceOf(JobState.Queued.class);
    assertThat(apply("q", new JobEntry.ControlRequested("j", Control.PAUSE)))
        .isEqualTo(Verdict.ACCEPTED);
  }

  @Test
  void shouldNotFallBackToAnEarlierCheckpoint() {
    claim(1, "a");
    apply("c5", checkpoint(5));
    apply("c9", checkpoint(9));

    assertThat(apply("c5", checkpoint(5))).isEqualTo(Verdict.DUPLICATE);

    assertThat(views.state("j").progress().checkpoint().step()).isEqualTo(9);
  }

  @Test
  void shouldLetARefusedClaimWinLater() {
    claim(1, "a");
    assertThat(claim(2, "b")).isEqualTo(Verdict.LEASE_HELD);
    apply("release", new JobEntry.Released("j", 1, "a"));

    assertThat(claim(2, "b")).isEqualTo(Verdict.ACCEPTED);
  }

  @Test
  void shouldTellTheJobsApart() {
    apply("p", new JobEntry.ControlRequested("j", Control.PAUSE));

    assertThat(apply("p", new JobEntry.ControlRequested("other", Control.PAUSE)))
        .isEqualTo(Verdict.ACCEPTED);
  }

  private Verdict claim(int attempt, String worker) {
    return apply(
        "claim-" + attempt + worker,
        new JobEntry.Claimed("j", attempt, worker, Duration.ofMinutes(1)));
  }

  private static JobEntry checkpoint(int step) {
    return new JobEntry.Checkpointed(
        "j", 1, "a", step, new ArtifactRef("sha256:x", ArtifactRef.Kind.FOLDER, 1));
  }

  private Verdict apply(String eventId, JobEntry entry) {
    return views.apply(eventId, entry, NOW).verdict();
  }
}
