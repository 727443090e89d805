package io.affinage.trainer.job;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventData;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The view of all jobs. One thread applies events, any thread asks. */
public final class JobBoard {
  private final Map<String, JobHistory> histories = new HashMap<>();
  private final DatasetView datasets;
  private final ModelView models;
  private final LongSupplier clock;
  private long changes;

  /**
   * @param clock milliseconds that only ever rise, for leases
   */
  public JobBoard(DatasetView datasets, ModelView models, LongSupplier clock) {
    this.datasets = datasets;
    this.models = models;
    this.clock = clock;
  }

  /** Takes an event in; events that no job cares about are ignored. */
  public synchronized void apply(Recorded event) {
    EventData data = event.data();
    if (data instanceof DatasetSubmitted submitted) {
      datasets.submitted(submitted.submissionId());
    } else if (data instanceof DatasetReady ready) {
      datasets.ready(ready);
    } else if (data instanceof DatasetRejected rejected) {
      datasets.rejected(rejected);
    } else {
      if (data instanceof ModelRegistered model) {
        models.registered(model);
      }
      String jobId = jobOf(data);
      if (jobId != null) {
        histories.computeIfAbsent(jobId, JobHistory::new).apply(event, clock.getAsLong());
      }
    }
    changes++;
    notifyAll();
  }

  private static String jobOf(EventData data) {
    if (data instanceof ModelRegistered model) {
      return model.jobId();
    }
    return data instanceof TrainingRequested
            || data instanceof TrainingClaimed
            || data instanceof TrainingHeartbeat
            || data instanceof TrainingCheckpointed
            || data instanceof TrainingReleased
            || data instanceof TrainingControlRequested
            || data instanceof TrainingProgressed
            || data instanceof TrainingFailed
            || data instanceof TrainingCancelled
        ? data.key()
        : null;
  }

  public synchronized Optional<Job> find(String jobId) {
    return Optional.ofNullable(histories.get(jobId))
        .map(h -> h.snapshot(datasets, clock.getAsLong()));
  }

  /** Oldest request first. */
  public synchronized List<Job> all() {
    long now = clock.getAsLong();
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
  public synchronized List<Checkpoint> checkpoints(String jobId) {
    JobHistory history = histories.get(jobId);
    return history == null ? List.of() : history.checkpoints();
  }

  /** Whether this worker's claim of this attempt won and is still the last word on the job. */
  public synchronized boolean holds(String jobId, int attempt, String workerId) {
    JobHistory history = histories.get(jobId);
    return history != null && !history.ended() && Lease.heldBy(history.lease(), attempt, workerId);
  }

  /** A number that rises with every event applied. */
  public synchronized long changes() {
    return changes;
  }

  /** Waits until more than {@code seen} events were applied, at most {@code millis}. */
  public synchronized void awaitChange(long seen, long millis) throws InterruptedException {
    if (changes == seen && millis > 0) {
      wait(millis);
    }
  }
}
