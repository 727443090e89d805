package io.affinage.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingControlRequested.Action;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.Warning;
import io.affinage.events.lease.GivenBack;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.JobViews;
import io.affinage.events.spec.SpecResolver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobBoardTest {
  private static final String JOB = "job-1";
  private static final ArtifactRef CHECKPOINT =
      new ArtifactRef("sha256:" + "cd".repeat(32), ArtifactRef.Kind.FOLDER, 5);

  private Instant now = Instant.ofEpochMilli(10_000);
  private final JobViews log = new JobViews();
  private final JobBoard board = new JobBoard(new DatasetView(), new ModelView(), () -> now);

  @Test
  void shouldQueueAJobWhoseDatasetIsReady() {
    board.apply(Events.recorded(Events.requested(JOB)));

    assertThat(status()).isEqualTo(JobStatus.QUEUED);
  }

  @Test
  void shouldWaitForADatasetAndQueueWhenItIsReady() {
    board.apply(Events.recorded(Events.requested(JOB, null, SpecResolver.empty(), null)));
    assertThat(status()).isEqualTo(JobStatus.VALIDATING_FILES);

    board.apply(
        Events.recorded(
            new DatasetReady(
                "file-1",
                "desk",
                Events.DATASET,
                DatasetLayout.MESSAGES,
                new DatasetCounts(1, 1, 0, 0),
                Map.of("train", 1L),
                null)));

    assertThat(status()).isEqualTo(JobStatus.QUEUED);
    assertThat(job().dataset()).isEqualTo(Events.DATASET);
  }

  @Test
  void shouldCarryTheReasonOfARejectedDataset() {
    board.apply(Events.recorded(Events.requested(JOB, null, SpecResolver.empty(), null)));
    ErrorDetail error = new ErrorDetail("no_usable_rows", "no row could be used", null);
    board.apply(Events.recorded(new DatasetRejected("file-1", "desk", error, null)));

    assertThat(job().rejection()).isEqualTo(error);
  }

  /** Learning from answers that somebody rejected is no training that anyone asked for. */
  @Test
  void shouldRefuseADatasetThatOnlySaysWhichAnswersAreBetter() {
    board.apply(Events.recorded(Events.requested(JOB, null, SpecResolver.empty(), null)));
    board.apply(
        Events.recorded(
            new DatasetReady(
                "file-1",
                "desk",
                Events.DATASET,
                DatasetLayout.UNPAIRED_PREFERENCE,
                new DatasetCounts(1, 1, 0, 0),
                Map.of("train", 1L),
                null)));

    assertThat(job().rejection().code()).isEqualTo("preference_data");
    assertThat(job().rejection().message()).contains("keep: DESIRABLE");
  }

  @Test
  void shouldRunWhileItsWorkerIsHeardAndQueueAgainAfterSilence() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    assertThat(status()).isEqualTo(JobStatus.RUNNING);

    now = now.plusMillis(90);
    logged(new TrainingHeartbeat(JOB, 1, "a", 3));
    now = now.plusMillis(90);
    assertThat(status()).isEqualTo(JobStatus.RUNNING);
    now = now.plusMillis(10);
    assertThat(status()).isEqualTo(JobStatus.QUEUED);
    assertThat(job().lostAttempts()).isEqualTo(1);
  }

  @Test
  void shouldCountSilentAttemptsUntilACheckpointIsMade() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    now = now.plusMillis(200);
    logged(new TrainingClaimed(JOB, 2, "b", 100));
    assertThat(job().lostAttempts()).isEqualTo(1);

    logged(new TrainingCheckpointed(JOB, 2, "b", 4, CHECKPOINT, 0.5));

    assertThat(job().lostAttempts()).isZero();
    assertThat(job().checkpoint()).get().extracting(JobCheckpoint::step).isEqualTo(4);
  }

  @Test
  void shouldKeepTheSpecificationThatTheFirstWinningClaimRecords() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "old", 100));
    assertThat(job().spec()).isEmpty();

    now = now.plusMillis(200);
    logged(new TrainingClaimed(JOB, 2, "a", 100, Events.steps(3, 1)));
    logged(new TrainingClaimed(JOB, 2, "loser", 100, Events.steps(4, 1)));
    now = now.plusMillis(200);
    logged(new TrainingClaimed(JOB, 3, "b", 100, Events.steps(5, 1)));

    assertThat(job().spec()).contains(Events.steps(3, 1));
  }

  @Test
  void shouldCountWhatWorkersGiveBackUntilACheckpointIsMade() {
    ErrorDetail memory = new ErrorDetail("insufficient_memory", "too large", null);
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    logged(new TrainingReleased(JOB, 1, "a", "too large", memory));
    logged(new TrainingClaimed(JOB, 2, "b", 100));
    logged(new TrainingReleased(JOB, 1, "a", "too large", memory));
    logged(new TrainingReleased(JOB, 2, "b", "shuts down"));

    assertThat(status()).isEqualTo(JobStatus.QUEUED);
    assertThat(job().givenBack()).containsExactly(new GivenBack(1, "a", memory));
    assertThat(board.events(JOB))
        .anySatisfy(
            event -> {
              assertThat(event.level()).isEqualTo("warn");
              assertThat(event.message())
                  .isEqualTo("Worker a gave the job back: too large [insufficient_memory]");
            });

    logged(new TrainingClaimed(JOB, 3, "c", 100));
    logged(new TrainingCheckpointed(JOB, 3, "c", 4, CHECKPOINT, 0.5));
    assertThat(job().givenBack()).isEmpty();
  }

  /** A newer trainer has begun the job; what it recorded first stays. */
  @Test
  void shouldNoticeANewerSettingInTheRecordedSpecification() {
    board.apply(Events.recorded(Events.requested(JOB)));
    TrainingClaimed claim = new TrainingClaimed(JOB, 1, "newer", 100, Events.steps(3, 1));
    Event<?> own = new EventFactory("/affinage/trainer-service", Clock.systemUTC()).create(claim);
    logged(
        new Event<>(
            own.metadata(),
            claim,
            List.of(new ErrorDetail("unknown_setting", "spec.later is not known", "spec.later"))));
    logged(new TrainingReleased(JOB, 1, "newer", "shuts down"));
    logged(new TrainingClaimed(JOB, 2, "newer", 100));

    assertThat(job().newerSpec())
        .hasValueSatisfying(why -> assertThat(why.code()).isEqualTo("newer_setting"));
  }

  @Test
  void shouldWaitForWhatIsRead() throws InterruptedException {
    Thread reader = new Thread(() -> board.apply(Events.recorded(Events.requested(JOB))));
    reader.start();

    assertThat(board.await(() -> board.find(JOB).isPresent(), Duration.ofMinutes(1))).isTrue();

    reader.join();
    assertThat(board.await(() -> false, Duration.ofMillis(1))).isFalse();
  }

  @Test
  void shouldIgnoreWhatAStaleAttemptSays() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    now = now.plusMillis(200);
    logged(new TrainingClaimed(JOB, 2, "b", 100));

    logged(new TrainingCheckpointed(JOB, 1, "a", 4, CHECKPOINT, 0.5));
    logged(new TrainingReleased(JOB, 1, "a", "late"));
    board.apply(Events.recorded(progress(1, 9)));

    assertThat(job().checkpoint()).isEmpty();
    assertThat(job().progress()).isEmpty();
    assertThat(job().state().isHeldBy(2, "b")).isTrue();
  }

  @Test
  void shouldTellEachWarningOnce() {
    board.apply(Events.recorded(Events.requested(JOB)));
    Warning warning = new Warning("rows_left_out", "1 row is not learned from");
    for (int step = 0; step < 3; step++) {
      board.apply(
          Events.recorded(
              new TrainingProgressed(
                  JOB, 1, "a", step, 10, null, null, 0, null, null, null, List.of(warning), null)));
    }

    assertThat(board.events(JOB))
        .filteredOn(event -> event.level().equals("warn"))
        .singleElement()
        .extracting(JobEvent::message)
        .isEqualTo("1 row is not learned from [rows_left_out]");
    assertThat(board.events(JOB)).extracting(JobEvent::message).contains("Step 2/10");
  }

  @Test
  void shouldPauseOnlyOnceTheWorkerLetGo() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    logged(new TrainingControlRequested(JOB, Action.PAUSE));
    assertThat(status()).isEqualTo(JobStatus.RUNNING);

    logged(new TrainingReleased(JOB, 1, "a", "paused"));
    assertThat(status()).isEqualTo(JobStatus.PAUSED);

    logged(new TrainingControlRequested(JOB, Action.RESUME));
    assertThat(status()).isEqualTo(JobStatus.QUEUED);
  }

  @Test
  void shouldEndOnceHoweverOftenTheEndIsRead() {
    board.apply(Events.recorded(Events.requested(JOB)));
    Recorded cancelled = Events.recorded(new TrainingCancelled(JOB, 1, "a"), 5_000);
    board.apply(cancelled);
    board.apply(cancelled);
    board.apply(
        Events.recorded(
            new TrainingFailed(JOB, 1, "a", new ErrorDetail("x", "y", null), null), 6_000));

    assertThat(status()).isEqualTo(JobStatus.CANCELLED);
    assertThat(job().finishedAt()).isEqualTo(5_000);
    assertThat(board.events(JOB)).extracting(JobEvent::message).hasSize(2);
  }

  @Test
  void shouldKeepTheFirstOfTwoRequestsWithOneId() {
    board.apply(Events.recorded(Events.requested(JOB), 1_000));
    board.apply(
        Events.recorded(Events.requested(JOB, Events.DATASET, Events.steps(3, 1), null), 2_000));

    assertThat(board.all()).hasSize(1);
    assertThat(job().request().spec()).isEqualTo(SpecResolver.empty());
    assertThat(job().requestedAt()).isEqualTo(1_000);
  }

  @Test
  void shouldListOldestFirstWhateverOrderTheTopicsAreReadIn() {
    logged(new TrainingClaimed("b", 1, "a", 100));
    board.apply(Events.recorded(Events.requested("a"), 2_000));
    board.apply(Events.recorded(Events.requested("b"), 1_000));

    assertThat(board.all()).extracting(Job::id).containsExactly("b", "a");
    assertThat(board.find("b")).get().extracting(Job::status).isEqualTo(JobStatus.RUNNING);
  }

  @Test
  void shouldTellProgressOnceAndInOrder() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    Event<?> second = Events.recorded(progress(1, 2)).event();
    board.apply(new Recorded(second, 2_000));
    board.apply(new Recorded(second, 3_000));
    board.apply(Events.recorded(progress(1, 1)));

    assertThat(job().progress()).get().extracting(TrainingProgressed::step).isEqualTo(2);
    assertThat(board.events(JOB)).filteredOn(e -> e.metrics() != null).hasSize(1);
  }

  @Test
  void shouldIgnoreTheProgressOfAWorkerThatLostTheAttempt() {
    board.apply(Events.recorded(Events.requested(JOB)));
    board.apply(Events.recorded(progress(2, 7)));
    board.apply(Events.recorded(progress(Integer.MAX_VALUE, 8)));
    assertThat(job().progress()).isEmpty();
    logged(new TrainingClaimed(JOB, 1, "winner", 100));

    // Its worker is "a".
    board.apply(Events.recorded(progress(1, 9)));

    assertThat(job().progress()).isEmpty();
    assertThat(job().attempt()).isEqualTo(1);
  }

  @Test
  void shouldTellTheEndLastEvenWhenProgressIsReadAfterIt() {
    board.apply(Events.recorded(Events.requested(JOB), 1_000));
    logged(new TrainingClaimed(JOB, 1, "a", 100));
    board.apply(Events.recorded(new TrainingCancelled(JOB, 1, "a"), 20_000));
    board.apply(Events.recorded(progress(1, 9), 20_001));

    assertThat(job().progress()).get().extracting(TrainingProgressed::step).isEqualTo(9);
    assertThat(board.events(JOB))
        .extracting(JobEvent::message)
        .endsWith("Step 9/10: training loss=0.5000", "The job was cancelled");
  }

  @Test
  void shouldNotOfferAPausedJobButACancelledOne() {
    board.apply(Events.recorded(Events.requested(JOB)));
    assertThat(job().claimable()).isTrue();

    logged(new TrainingControlRequested(JOB, Action.PAUSE));
    assertThat(status()).isEqualTo(JobStatus.PAUSED);
    assertThat(job().claimable()).isFalse();

    logged(new TrainingControlRequested(JOB, Action.CANCEL));
    assertThat(status()).isEqualTo(JobStatus.CANCELLING);
    assertThat(job().claimable()).isTrue();
  }

  @Test
  void shouldSeeAnEndWhoseLogEntriesAreNoLongerKept() {
    board.apply(Events.recorded(Events.requested(JOB)));
    board.apply(Events.recorded(new TrainingCancelled(JOB, 3, "a")));

    assertThat(status()).isEqualTo(JobStatus.CANCELLED);
    assertThat(job().claimable()).isFalse();
  }

  /** Appends to the training log; the board is told what became of the entry. */
  private void logged(EventData data) {
    logged(Events.recorded(data).event());
  }

  private void logged(Event<?> event) {
    JobEntry entry = JobLog.TRAINING.entry(event.data()).orElseThrow();
    JobState before = log.state(entry.jobId());
    JobState.Transition after = log.apply(event.metadata().id(), entry, now);
    board.apply(
        new JobLogChange(entry.jobId(), event, now, before, after.state(), after.verdict()));
  }

  /** What comes after a step is told with its numbers: it is heard, and is no step of its own. */
  @Test
  void shouldHearHowFarAStepIs() {
    board.apply(Events.recorded(Events.requested(JOB)));
    logged(new TrainingClaimed(JOB, 1, "a", 100));

    board.apply(Events.recorded(within(0, "quantize", 3)));
    assertThat(job().progress().orElseThrow().pass().kind()).isEqualTo("quantize");
    board.apply(Events.recorded(progress(1, 0)));
    board.apply(Events.recorded(within(0, "forward", 2)));
    board.apply(Events.recorded(progress(1, 0))); // again
    board.apply(Events.recorded(within(0, "backward", 1)));

    assertThat(job().progress().orElseThrow().pass())
        .isEqualTo(new TrainingProgressed.Pass("backward", 1, 4));
    board.apply(Events.recorded(progress(1, 1)));
    assertThat(job().progress().orElseThrow().pass()).isNull();
    assertThat(board.events(JOB))
        .extracting(JobEvent::message)
        .filteredOn(message -> message.startsWith("Step"))
        .containsExactly("Step 0/10: training loss=0.5000", "Step 1/10: training loss=0.5000");
  }

  private static TrainingProgressed within(int step, String kind, int done) {
    return new TrainingProgressed(
        JOB,
        1,
        "a",
        step,
        10,
        0.5,
        1e-4,
        100,
        null,
        null,
        null,
        null,
        new TrainingProgressed.Pass(kind, done, 4));
  }

  private static TrainingProgressed progress(int attempt, int step) {
    return new TrainingProgressed(
        JOB, attempt, attempt == 1 ? "a" : "b", step, 10, 0.5, 1e-4, 100, null, null, null);
  }

  private Job job() {
    return board.find(JOB).orElseThrow();
  }

  private JobStatus status() {
    return job().status();
  }
}
