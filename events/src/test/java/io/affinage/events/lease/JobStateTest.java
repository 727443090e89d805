package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.lease.JobEntry.Alive;
import io.affinage.events.lease.JobEntry.Checkpointed;
import io.affinage.events.lease.JobEntry.Claimed;
import io.affinage.events.lease.JobEntry.Control;
import io.affinage.events.lease.JobEntry.ControlRequested;
import io.affinage.events.lease.JobEntry.Ended;
import io.affinage.events.lease.JobEntry.Outcome;
import io.affinage.events.lease.JobEntry.Released;
import io.affinage.events.lease.JobState.Cancelled;
import io.affinage.events.lease.JobState.Cancelling;
import io.affinage.events.lease.JobState.Failed;
import io.affinage.events.lease.JobState.Paused;
import io.affinage.events.lease.JobState.Pausing;
import io.affinage.events.lease.JobState.Queued;
import io.affinage.events.lease.JobState.Running;
import io.affinage.events.lease.JobState.Succeeded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One table of states and entries; each pair is one edge, legal or not. */
class JobStateTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant EXPIRY = START.plus(LEASE);
  private static final Instant IN_TIME = START.plusSeconds(10);
  private static final ArtifactRef ARTIFACT =
      new ArtifactRef("sha256:x", ArtifactRef.Kind.FOLDER, 1);
  private static final JobProgress ONE = new JobProgress(1, null);
  private static final JobProgress TWO = new JobProgress(2, null);
  private static final JobProgress ONE_AT_5 =
      new JobProgress(1, new JobProgress.Checkpoint(5, ARTIFACT, 1));
  private static final Lease HELD = new Lease(1, "a", LEASE, EXPIRY);
  private static final Lease EXTENDED = new Lease(1, "a", LEASE, IN_TIME.plus(LEASE));
  private static final Lease REVIVED = new Lease(1, "a", LEASE, EXPIRY.plus(LEASE));
  private static final Lease SECOND_NOW = new Lease(2, "b", LEASE, IN_TIME.plus(LEASE));
  private static final Lease SECOND_LATE = new Lease(2, "b", LEASE, EXPIRY.plus(LEASE));

  private static final Map<String, JobState> STATES =
      Map.of(
          "new", JobState.initial(),
          "queued", new Queued(ONE),
          "running", new Running(ONE, HELD),
          "pausing", new Pausing(ONE, HELD),
          "paused", new Paused(ONE),
          "cancelling", new Cancelling(ONE, Optional.of(HELD)),
          "cancelling unheld", new Cancelling(ONE, Optional.empty()),
          "succeeded", new Succeeded(ONE, 1),
          "failed", new Failed(ONE, 1),
          "cancelled", new Cancelled(ONE, 1));

  /** Entries of a first attempt by worker a, and what others may throw in. */
  private enum Entry {
    CLAIM_1(new Claimed("j", 1, "a", LEASE), IN_TIME),
    CLAIM_1_BY_B(new Claimed("j", 1, "b", LEASE), IN_TIME),
    CLAIM_2_IN_TIME(new Claimed("j", 2, "b", LEASE), IN_TIME),
    CLAIM_2_JUST_BEFORE_EXPIRY(new Claimed("j", 2, "b", LEASE), EXPIRY.minusMillis(1)),
    CLAIM_2_AT_EXPIRY(new Claimed("j", 2, "b", LEASE), EXPIRY),
    CLAIM_3_AT_EXPIRY(new Claimed("j", 3, "b", LEASE), EXPIRY),
    ALIVE(new Alive("j", 1, "a"), IN_TIME),
    ALIVE_BACK_IN_TIME(new Alive("j", 1, "a"), START.minusSeconds(5)),
    ALIVE_AFTER_EXPIRY(new Alive("j", 1, "a"), EXPIRY),
    ALIVE_OF_B(new Alive("j", 1, "b"), IN_TIME),
    ALIVE_OF_ATTEMPT_0(new Alive("j", 0, "a"), IN_TIME),
    CHECKPOINT(new Checkpointed("j", 1, "a", 5, ARTIFACT), IN_TIME),
    CHECKPOINT_OF_B(new Checkpointed("j", 1, "b", 5, ARTIFACT), IN_TIME),
    RELEASE(new Released("j", 1, "a"), IN_TIME),
    RELEASE_OF_B(new Released("j", 1, "b"), IN_TIME),
    CANCEL(new ControlRequested("j", Control.CANCEL), IN_TIME),
    PAUSE(new ControlRequested("j", Control.PAUSE), IN_TIME),
    RESUME(new ControlRequested("j", Control.RESUME), IN_TIME),
    SUCCESS(new Ended("j", 1, Outcome.SUCCEEDED), IN_TIME),
    FAILURE(new Ended("j", 1, Outcome.FAILED), IN_TIME),
    CANCELLATION(new Ended("j", 1, Outcome.CANCELLED), IN_TIME),
    SUCCESS_OF_ATTEMPT_2(new Ended("j", 2, Outcome.SUCCEEDED), IN_TIME),
    SUCCESS_OF_ATTEMPT_0(new Ended("j", 0, Outcome.SUCCEEDED), IN_TIME);

    private final JobEntry entry;
    private final Instant time;

    Entry(JobEntry entry, Instant time) {
      this.entry = entry;
      this.time = time;
    }
  }

  private record Edge(String from, Entry entry, JobState to, Verdict verdict) {}

  private static List<Edge> table() {
    List<Edge> table = new ArrayList<>();
    Table t = new Table(table);

    t.from("new")
        .to(new Running(ONE, EXTENDED), Entry.CLAIM_1)
        .to(new Running(ONE, new Lease(1, "b", LEASE, IN_TIME.plus(LEASE))), Entry.CLAIM_1_BY_B)
        .to(new Paused(JobProgress.NONE), Entry.PAUSE)
        .to(new Cancelling(JobProgress.NONE, Optional.empty()), Entry.CANCEL)
        .ignored(
            Verdict.NOT_CLAIMABLE,
            Entry.CLAIM_2_IN_TIME,
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY,
            Entry.CLAIM_2_AT_EXPIRY,
            Entry.CLAIM_3_AT_EXPIRY)
        .ignored(
            Verdict.NO_SUCH_ATTEMPT,
            Entry.SUCCESS,
            Entry.FAILURE,
            Entry.CANCELLATION,
            Entry.SUCCESS_OF_ATTEMPT_0,
            Entry.SUCCESS_OF_ATTEMPT_2)
        .ignored(Verdict.NO_EFFECT, Entry.RESUME)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("queued")
        .to(new Running(TWO, SECOND_NOW), Entry.CLAIM_2_IN_TIME)
        .to(
            new Running(TWO, new Lease(2, "b", LEASE, EXPIRY.minusMillis(1).plus(LEASE))),
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY)
        .to(new Running(TWO, SECOND_LATE), Entry.CLAIM_2_AT_EXPIRY)
        .to(new Paused(ONE), Entry.PAUSE)
        .to(new Cancelling(ONE, Optional.empty()), Entry.CANCEL)
        .ends()
        .ignored(Verdict.NOT_CLAIMABLE, Entry.CLAIM_1, Entry.CLAIM_1_BY_B, Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.RESUME)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("running")
        .to(new Running(TWO, SECOND_LATE), Entry.CLAIM_2_AT_EXPIRY)
        .heldBy(lease -> new Running(ONE, lease))
        .to(new Running(ONE_AT_5, EXTENDED), Entry.CHECKPOINT)
        .to(new Queued(ONE), Entry.RELEASE)
        .to(new Pausing(ONE, HELD), Entry.PAUSE)
        .to(new Cancelling(ONE, Optional.of(HELD)), Entry.CANCEL)
        .ends()
        .ignored(
            Verdict.LEASE_HELD,
            Entry.CLAIM_1_BY_B,
            Entry.CLAIM_2_IN_TIME,
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY)
        .ignored(Verdict.NOT_CLAIMABLE, Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.RESUME)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("pausing")
        .heldBy(lease -> new Pausing(ONE, lease))
        .to(new Pausing(ONE_AT_5, EXTENDED), Entry.CHECKPOINT)
        .to(new Paused(ONE), Entry.RELEASE)
        .to(new Running(ONE, HELD), Entry.RESUME)
        .to(new Cancelling(ONE, Optional.of(HELD)), Entry.CANCEL)
        .ends()
        .ignored(Verdict.LEASE_HELD, Entry.CLAIM_1_BY_B)
        .ignored(
            Verdict.NOT_CLAIMABLE,
            Entry.CLAIM_2_IN_TIME,
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY,
            Entry.CLAIM_2_AT_EXPIRY,
            Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.PAUSE)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("paused")
        .to(new Queued(ONE), Entry.RESUME)
        .to(new Cancelling(ONE, Optional.empty()), Entry.CANCEL)
        .ends()
        .ignored(
            Verdict.NOT_CLAIMABLE,
            Entry.CLAIM_1,
            Entry.CLAIM_1_BY_B,
            Entry.CLAIM_2_IN_TIME,
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY,
            Entry.CLAIM_2_AT_EXPIRY,
            Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.PAUSE)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("cancelling")
        .to(new Cancelling(TWO, Optional.of(SECOND_LATE)), Entry.CLAIM_2_AT_EXPIRY)
        .heldBy(lease -> new Cancelling(ONE, Optional.of(lease)))
        .to(new Cancelling(ONE_AT_5, Optional.of(EXTENDED)), Entry.CHECKPOINT)
        .to(new Cancelling(ONE, Optional.empty()), Entry.RELEASE)
        .ends()
        .ignored(
            Verdict.LEASE_HELD,
            Entry.CLAIM_1_BY_B,
            Entry.CLAIM_2_IN_TIME,
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY)
        .ignored(Verdict.NOT_CLAIMABLE, Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.PAUSE, Entry.RESUME, Entry.CANCEL)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("cancelling unheld")
        .to(new Cancelling(TWO, Optional.of(SECOND_NOW)), Entry.CLAIM_2_IN_TIME)
        .to(
            new Cancelling(
                TWO, Optional.of(new Lease(2, "b", LEASE, EXPIRY.minusMillis(1).plus(LEASE)))),
            Entry.CLAIM_2_JUST_BEFORE_EXPIRY)
        .to(new Cancelling(TWO, Optional.of(SECOND_LATE)), Entry.CLAIM_2_AT_EXPIRY)
        .ends()
        .ignored(Verdict.NOT_CLAIMABLE, Entry.CLAIM_1, Entry.CLAIM_1_BY_B, Entry.CLAIM_3_AT_EXPIRY)
        .ignored(Verdict.NO_EFFECT, Entry.PAUSE, Entry.RESUME, Entry.CANCEL)
        .rest(Verdict.STALE_ATTEMPT);

    t.from("succeeded").rest(Verdict.JOB_ENDED);
    t.from("failed").rest(Verdict.JOB_ENDED);
    t.from("cancelled").rest(Verdict.JOB_ENDED);
    return table;
  }

  /** Builds the rows of one state after another. */
  private static final class Table {
    private final List<Edge> edges;
    private String from;

    Table(List<Edge> edges) {
      this.edges = edges;
    }

    Table from(String state) {
      from = state;
      return this;
    }

    Table to(JobState state, Entry entry) {
      edges.add(new Edge(from, entry, state, Verdict.ACCEPTED));
      return this;
    }

    Table heldBy(Function<Lease, JobState> state) {
      return to(state.apply(EXTENDED), Entry.CLAIM_1)
          .to(state.apply(EXTENDED), Entry.ALIVE)
          .to(state.apply(HELD), Entry.ALIVE_BACK_IN_TIME)
          .to(state.apply(REVIVED), Entry.ALIVE_AFTER_EXPIRY);
    }

    Table ends() {
      return to(new Succeeded(ONE, 1), Entry.SUCCESS)
          .to(new Failed(ONE, 1), Entry.FAILURE)
          .to(new Cancelled(ONE, 1), Entry.CANCELLATION)
          .ignored(Verdict.NO_SUCH_ATTEMPT, Entry.SUCCESS_OF_ATTEMPT_0, Entry.SUCCESS_OF_ATTEMPT_2);
    }

    Table ignored(Verdict verdict, Entry... entries) {
      for (Entry entry : entries) {
        edges.add(new Edge(from, entry, STATES.get(from), verdict));
      }
      return this;
    }

    void rest(Verdict verdict) {
      Arrays.stream(Entry.values())
          .filter(
              entry -> edges.stream().noneMatch(e -> e.from().equals(from) && e.entry() == entry))
          .toList()
          .forEach(entry -> ignored(verdict, entry));
    }
  }

  static Stream<Arguments> edges() {
    return table().stream()
        .map(edge -> Arguments.of(edge.from(), edge.entry(), edge.to(), edge.verdict()));
  }

  @ParameterizedTest(name = "{0} + {1} = {3}")
  @MethodSource("edges")
  void shouldFollowTheTable(String from, Entry entry, JobState to, Verdict verdict) {
    assertThat(STATES.get(from).next(entry.entry, entry.time))
        .isEqualTo(new JobState.Transition(to, verdict));
  }

  @Test
  void shouldHaveEveryPairOnceInTheTable() {
    assertThat(table().stream().map(edge -> edge.from() + " + " + edge.entry()))
        .doesNotHaveDuplicates()
        .hasSize(STATES.size() * Entry.values().length);
    assertThat(STATES.values().stream().map(Object::getClass).collect(Collectors.toSet()))
        .hasSize(8);
  }

  @Test
  void shouldBeClaimableExactlyWhenAClaimOfTheNextAttemptWins() {
    for (JobState state : STATES.values()) {
      for (Instant time : List.of(IN_TIME, EXPIRY.minusMillis(1), EXPIRY)) {
        JobEntry claim = new Claimed("j", state.progress().nextAttempt(), "z", LEASE);
        assertThat(state.isClaimable(time))
            .as("%s at %s", state, time)
            .isEqualTo(state.next(claim, time).verdict() == Verdict.ACCEPTED);
      }
    }
  }
}
