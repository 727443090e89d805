package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.lease.JobEntry.Alive;
import io.affinage.events.lease.JobEntry.Claimed;
import io.affinage.events.lease.JobEntry.Ended;
import io.affinage.events.lease.JobEntry.Outcome;
import io.affinage.events.lease.JobEntry.Released;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random interleavings of workers that crash, stall and wake up as zombies, against a model of the
 * log and of the broker's fencing of producers.
 */
class LeaseProtocolTest {
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final int RUNS = 20_000;
  private static final int STEPS = 120;

  @Test
  void shouldNeverHaveTwoWinnersNorTwoEndsInRandomInterleavings() {
    long ended = 0;
    int tookOver = 0;
    int fenced = 0;
    for (long seed = 0; seed < RUNS; seed++) {
      Simulation simulation = new Simulation(seed);
      simulation.run();
      ended += simulation.ends();
      tookOver += simulation.view(simulation.log.size()).progress().attempts() > 1 ? 1 : 0;
      fenced += simulation.fenced;
    }
    // The runs must have been hard enough to mean anything.
    assertThat(ended).isGreaterThan(RUNS / 2);
    assertThat(tookOver).isGreaterThan(RUNS / 4);
    assertThat(fenced).isGreaterThan(RUNS / 100);
  }

  @Test
  void shouldFindTheTwoEndsOfAProtocolThatDoesNotLookAfterFencing() {
    // Guards the test above: it must be able to fail.
    boolean found =
        Stream.iterate(0L, seed -> seed + 1)
            .limit(RUNS)
            .anyMatch(
                seed -> {
                  Simulation simulation = new Simulation(seed);
                  simulation.looksAfterFencing = false;
                  simulation.play();
                  return simulation.ends() > 1;
                });
    assertThat(found).isTrue();
  }

  private record Appended(String eventId, JobEntry entry, Instant time) {}

  /** Where a worker is in the protocol; it may stall for any time between two steps. */
  private enum Phase {
    IDLE,
    CLAIMED,
    WON,
    FENCED_OTHERS,
    WORKING
  }

  private static final class Worker {
    private String id;
    private Phase phase = Phase.IDLE;
    private int attempt;
    private int epoch;
    private int seen;
    private int claimOffset;

    Worker(String id) {
      this.id = id;
    }
  }

  private static final class Simulation {
    private final long seed;
    private final Random random;
    private final List<Appended> log = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private Instant now = Instant.EPOCH;
    private int producerEpoch;
    private int incarnations;
    private int fenced;
    private boolean looksAfterFencing = true;

    Simulation(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      int count = 2 + random.nextInt(2);
      for (int i = 0; i < count; i++) {
        workers.add(new Worker("w" + incarnations++));
      }
    }

    void run() {
      play();
      check();
    }

    void play() {
      for (int step = 0; step < STEPS; step++) {
        now = now.plusMillis(random.nextInt(4_000));
        Worker worker = workers.get(random.nextInt(workers.size()));
        worker.seen += random.nextInt(log.size() - worker.seen + 1);
        if (random.nextInt(20) == 0) {
          worker.id = "w" + incarnations++;
          worker.phase = Phase.IDLE;
        } else {
          act(worker);
        }
      }
    }

    void act(Worker worker) {
      switch (worker.phase) {
        case IDLE -> {
          JobState state = view(worker.seen);
          // The worker's own clock is off by some seconds.
          if (state.isClaimable(now.plusSeconds(random.nextInt(7) - 3))) {
            worker.attempt = state.progress().nextAttempt();
            worker.claimOffset = append(new Claimed("j", worker.attempt, worker.id, LEASE));
            worker.phase = Phase.CLAIMED;
          }
        }
        case CLAIMED -> {
          worker.seen = Math.max(worker.seen, worker.claimOffset + 1);
          worker.phase = holds(worker) ? Phase.WON : Phase.IDLE;
        }
        case WON -> {
          worker.epoch = ++producerEpoch;
          worker.phase = looksAfterFencing ? Phase.FENCED_OTHERS : Phase.WORKING;
        }
        case FENCED_OTHERS -> {
          // May stall here: what counts is that the log is read after the fencing.
          worker.seen = log.size();
          worker.phase = holds(worker) ? Phase.WORKING : Phase.IDLE;
        }
        case WORKING -> work(worker);
      }
    }

    private void work(Worker worker) {
      switch (random.nextInt(6)) {
        case 0 -> {
          append(new Released("j", worker.attempt, worker.id));
          worker.phase = Phase.IDLE;
        }
        case 1, 2 -> {
          // A zombie does not know better and tries; the broker refuses an old epoch.
          if (worker.epoch == producerEpoch) {
            append(new Ended("j", worker.attempt, Outcome.SUCCEEDED));
            worker.phase = Phase.IDLE;
          } else {
            fenced++;
            worker.seen = log.size();
            worker.phase = holds(worker) ? Phase.WON : Phase.IDLE;
          }
        }
        default -> append(new Alive("j", worker.attempt, worker.id));
      }
    }

    private boolean holds(Worker worker) {
      return view(worker.seen).isHeldBy(worker.attempt, worker.id);
    }

    private int append(JobEntry entry) {
      log.add(new Appended("event-" + log.size(), entry, now));
      return log.size() - 1;
    }

    JobState view(int until) {
      JobViews views = new JobViews();
      log.subList(0, until)
          .forEach(appended -> views.apply(appended.eventId(), appended.entry(), appended.time()));
      return views.state("j");
    }

    long ends() {
      return log.stream().filter(appended -> appended.entry() instanceof Ended).count();
    }

    private void check() {
      JobViews views = new JobViews();
      Map<Integer, String> winners = new HashMap<>();
      for (Appended appended : log) {
        JobState before = views.state("j");
        JobState.Transition transition =
            views.apply(appended.eventId(), appended.entry(), appended.time());
        Optional<Lease> holder = transition.state().holder();
        holder.ifPresent(
            lease ->
                assertThat(winners.computeIfAbsent(lease.attempt(), a -> lease.workerId()))
                    .as("winner of attempt %d, seed %d", lease.attempt(), seed)
                    .isEqualTo(lease.workerId()));
        if (appended.entry() instanceof Ended ended) {
          assertThat(transition.verdict())
              .as("%s after %s, seed %d", ended, before, seed)
              .isEqualTo(Verdict.ACCEPTED);
        }
      }
      assertThat(ends()).as("ends, seed %d", seed).isLessThanOrEqualTo(1);
    }
  }
}
