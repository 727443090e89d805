package io.affinage.trainer.job;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventData;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The view of all jobs. Some threads apply events, any thread asks. */
public final class JobBoard {
  private final Map<String, JobHistory> histories = new HashMap<>();
  private final DatasetView datasets;
  private final ModelView models;
  private final InstantSource logTime;
  private long changes;

  /**
   * @param logTime the training log's, for leases
   */
  public JobBoard(DatasetView datasets, ModelView models, InstantSource logTime) {
    this.datasets = datasets;
    this.models = models;
    this.logTime = logTime;
  }

  /** Takes an event of any other topic in; events that no job cares about are ignored. */
  public synchronized void apply(Recorded event) {
    EventData data = event.data();
    if (data instanceof DatasetSubmitted submitted) {
      datasets.submitted(submitted.submissionId());
    } else if (data instanceof DatasetReady ready) {
      datasets.ready(ready);
    } else if (data instanceof DatasetRejected rejected) {
      datasets.rejected(rejected);
    } else if (data instanceof TrainingRequested) {
      history(data.key()).requested(event);
    } else if (data instanceof TrainingProgressed progressed) {
      history(data.key()).progressed(event, progressed);
    } else if (data instanceof TrainingFailed || data instanceof TrainingCancelled) {
      history(data.key()).ended(event);
    } else if (data instanceof ModelRegistered model) {
      models.registered(model);
      history(model.jobId()).ended(event);
    }
    changed();
  }

  /** Takes an entry of the training log in; one without effect changes nothing. */
  public synchronized void apply(JobLogChange change) {
    if (change.verdict() != Verdict.ACCEPTED) {
      return;
    }
    history(change.jobId()).apply(change);
    if (change.event().data() instanceof ModelRegistered model) {
      models.registered(model);
    }
    changed();
  }

  private JobHistory history(String jobId) {
    return histories.computeIfAbsent(jobId, JobHistory::new);
  }

  private void changed() {
    changes++;
    notifyAll();
  }

  public synchronized Optional<Job> find(String jobId) {
    return Optional.ofNullable(histories.get(jobId))
        .map(h -> h.snapshot(datasets, logTime.instant()));
  }

  /** Oldest request first. */
  public synchronized List<Job> all() {
    Instant now = logTime.instant();
    return histories.values().stream()
        .map(h -> h.snapshot(datasets, now))
        .filter(Objects::nonNull)
        .sorted(Comparator.comparingLong(Job::requestedAt).thenComparing(Job::id))
        .toList();
  }

  /** Jobs that have not ended, oldest first. */
  public List<Job> open() {
    return all().stream().filter(j -> !j.status().terminal()).toList();
  }

  /** Oldest first; empty for a job that nothing was read about. */
  public synchronized List<JobEvent> events(String jobId) {
    JobHistory history = histories.get(jobId);
    return history == null ? List.of() : history.events();
  }

  /** Oldest first. */
  public synchronized List<JobCheckpoint> checkpoints(String jobId) {
    JobHistory history = histories.get(jobId);
    return history == null ? List.of() : history.checkpoints();
  }

  /** A number that rises with every event applied. */
  public synchronized long changes() {
    return changes;
  }

  /**
   * Waits until what was read makes a condition true.
   *
   * @return whether it is; false after {@code most}
   */
  public boolean await(BooleanSupplier condition, Duration most) throws InterruptedException {
    long until = System.nanoTime() + most.toNanos();
    while (true) {
      // Counted before the condition is asked, so that no change is missed in between.
      long seen = changes();
      if (condition.getAsBoolean()) {
        return true;
      }
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      awaitChange(seen, left);
    }
  }

  /** Waits until more than {@code seen} events were applied, at most {@code millis}. */
  public synchronized void awaitChange(long seen, long millis) throws InterruptedException {
    if (changes == seen && millis > 0) {
      wait(millis);
    }
  }
}
