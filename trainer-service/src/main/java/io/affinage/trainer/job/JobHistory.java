package io.affinage.trainer.job;

import io.affinage.events.Event;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything read about one job, folded in log order. Records of an attempt that is not the current
 * one are ignored; so are duplicates.
 */
final class JobHistory {
  /** Progress lines kept per job; older ones fall out, the messages stay. */
  private static final int PROGRESS_KEPT = 2000;

  private final String jobId;
  private final List<JobEvent> messages = new ArrayList<>();
  private final Deque<JobEvent> progressLines = new ArrayDeque<>();
  private final Set<String> seen = new HashSet<>();
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private Event<TrainingRequested> request;
  private long requestedAt;
  private long startedAt;
  private long finishedAt;
  private Lease lease = new Lease.Unclaimed();
  private boolean pauseWanted;
  private boolean cancelWanted;
  private int lostAttempts;
  private TrainingProgressed progress;
  private EventData terminal;

  JobHistory(String jobId) {
    this.jobId = jobId;
  }

  void apply(Recorded event, long nowMillis) {
    EventData data = event.data();
    if (data instanceof TrainingProgressed progressed) {
      progressed(event, progressed);
      return;
    }
    if (data instanceof TrainingHeartbeat beat) {
      lease = Lease.heard(lease, beat.attempt(), beat.workerId(), nowMillis);
      return;
    }
    if (!seen.add(event.eventId())) {
      return;
    }
    if (data instanceof TrainingRequested) {
      requested(event);
    } else if (data instanceof TrainingClaimed claim) {
      claimed(event, claim, nowMillis);
    } else if (data instanceof TrainingCheckpointed made) {
      checkpointed(event, made, nowMillis);
    } else if (data instanceof TrainingReleased release) {
      released(event, release);
    } else if (data instanceof TrainingControlRequested control) {
      controlled(event, control);
    } else {
      ended(event);
    }
  }

  private void requested(Recorded event) {
    if (request != null) {
      return;
    }
    request = event.event().as(TrainingRequested.class);
    requestedAt = event.writtenAt();
    tell(event, "info", "Created fine-tuning job: " + jobId);
  }

  private void claimed(Recorded event, TrainingClaimed claim, long nowMillis) {
    Lease before = lease;
    lease =
        Lease.claimed(before, claim.attempt(), claim.workerId(), claim.leaseMillis(), nowMillis);
    if (lease.equals(before)) {
      return;
    }
    if (startedAt == 0) {
      startedAt = event.writtenAt();
      tell(event, "info", "Fine-tuning job started");
    } else if (before instanceof Lease.Held held) {
      lostAttempts++;
      tell(
          event,
          "warn",
          "Worker " + held.workerId() + " fell silent; attempt " + claim.attempt() + " goes on");
    } else {
      tell(event, "info", "Fine-tuning job goes on with attempt " + claim.attempt());
    }
  }

  private void checkpointed(Recorded event, TrainingCheckpointed made, long nowMillis) {
    if (!Lease.heldBy(lease, made.attempt(), made.workerId())) {
      return;
    }
    lease = Lease.heard(lease, made.attempt(), made.workerId(), nowMillis);
    lostAttempts = 0;
    checkpoints.add(
        new Checkpoint(
            event.eventId(),
            event.writtenAt() / 1000,
            made.step(),
            made.checkpoint(),
            made.trainLoss()));
    tell(event, "info", "Checkpoint created at step " + made.step());
  }

  private void released(Recorded event, TrainingReleased release) {
    Lease before = lease;
    lease = Lease.released(before, release.attempt(), release.workerId());
    if (!lease.equals(before)) {
      tell(event, "info", "Worker released the job: " + release.reason());
    }
  }

  private void controlled(Recorded event, TrainingControlRequested control) {
    if (terminal != null) {
      return;
    }
    switch (control.action()) {
      case CANCEL -> {
        cancelWanted = true;
        tell(event, "info", "Cancellation requested");
      }
      case PAUSE -> {
        pauseWanted = true;
        tell(event, "info", "Pause requested");
      }
      case RESUME -> {
        pauseWanted = false;
        tell(event, "info", "Fine-tuning job resumed");
      }
    }
  }

  private void progressed(Recorded event, TrainingProgressed made) {
    if (terminal != null
        || made.attempt() < lease.attempt()
        || (progress != null
            && progress.attempt() == made.attempt()
            && progress.step() >= made.step())) {
      return;
    }
    progress = made;
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("step", made.step());
    numbers.put("total_steps", made.totalSteps());
    numbers.put("train_loss", made.trainLoss());
    numbers.put("learning_rate", made.learningRate());
    numbers.put("tokens_seen", made.tokensSeen());
    numbers.put("tokens_per_second", made.tokensPerSecond());
    if (made.metrics() != null) {
      numbers.putAll(made.metrics());
    }
    numbers.values().removeIf(v -> v == null);
    progressLines.add(
        new JobEvent(
            event.eventId(),
            event.writtenAt() / 1000,
            "info",
            String.format(
                java.util.Locale.ROOT,
                "Step %d/%d: training loss=%.4f",
                made.step(),
                made.totalSteps(),
                made.trainLoss()),
            numbers));
    if (progressLines.size() > PROGRESS_KEPT) {
      progressLines.removeFirst();
    }
  }

  /** Exactly one terminal event is ever visible (see the lease protocol), on two topics. */
  private void ended(Recorded event) {
    if (terminal != null) {
      return;
    }
    terminal = event.data();
    finishedAt = event.writtenAt();
    if (terminal instanceof ModelRegistered model) {
      tell(event, "info", "New fine-tuned model created: " + model.modelId());
      messages.add(
          new JobEvent(
              event.eventId() + "-end",
              finishedAt / 1000,
              "info",
              "The job has successfully completed",
              null));
    } else if (terminal instanceof TrainingFailed failed) {
      tell(event, "error", "The job failed: " + failed.error().message());
    } else if (terminal instanceof TrainingCancelled) {
      tell(event, "info", "The job was cancelled");
    }
  }

  private void tell(Recorded event, String level, String message) {
    messages.add(new JobEvent(event.eventId(), event.writtenAt() / 1000, level, message, null));
  }

  /** Null until the request itself was read. */
  Job snapshot(DatasetView datasets, long nowMillis) {
    if (request == null) {
      return null;
    }
    DatasetView.Entry entry = datasets.of(request.data());
    return new Job(
        jobId,
        request,
        requestedAt,
        startedAt,
        finishedAt,
        status(entry, nowMillis),
        lease,
        pauseWanted,
        cancelWanted,
        entry.dataset(),
        entry.rejection(),
        lostAttempts + (silent(nowMillis) ? 1 : 0),
        checkpoints.isEmpty()
            ? Optional.empty()
            : Optional.of(checkpoints.get(checkpoints.size() - 1)),
        Optional.ofNullable(progress),
        terminal);
  }

  private boolean silent(long nowMillis) {
    return lease instanceof Lease.Held held && !held.liveAt(nowMillis);
  }

  private JobStatus status(DatasetView.Entry entry, long nowMillis) {
    if (terminal instanceof ModelRegistered) {
      return JobStatus.SUCCEEDED;
    }
    if (terminal != null) {
      return terminal instanceof TrainingFailed ? JobStatus.FAILED : JobStatus.CANCELLED;
    }
    if (cancelWanted) {
      return JobStatus.CANCELLING;
    }
    if (lease instanceof Lease.Held held && held.liveAt(nowMillis)) {
      return JobStatus.RUNNING;
    }
    if (pauseWanted) {
      return JobStatus.PAUSED;
    }
    return entry.dataset() == null ? JobStatus.VALIDATING_FILES : JobStatus.QUEUED;
  }

  Lease lease() {
    return lease;
  }

  boolean ended() {
    return terminal != null;
  }

  List<Checkpoint> checkpoints() {
    return List.copyOf(checkpoints);
  }

  /** Oldest first. */
  List<JobEvent> events() {
    List<JobEvent> all = new ArrayList<>(messages);
    all.addAll(progressLines);
    all.sort(java.util.Comparator.comparingLong(JobEvent::createdAt));
    return all;
  }
}
