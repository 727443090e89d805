package io.affinage.trainer.job;

import io.affinage.events.ErrorDetail;
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
import io.affinage.events.TrainingSpec;
import io.affinage.events.Understanding;
import io.affinage.events.Warning;
import io.affinage.events.lease.GivenBack;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Everything read about one job: its request, what its log came to, progress, its end. */
final class JobHistory {
  /** Progress lines kept per job; older ones fall out, the messages stay. */
  private static final int PROGRESS_KEPT = 2000;

  private final String jobId;
  private final List<JobEvent> messages = new ArrayList<>();
  private final List<JobEvent> ending = new ArrayList<>();
  private final Set<Warning> warnings = new LinkedHashSet<>();
  private final Deque<JobEvent> progressLines = new ArrayDeque<>();
  private final List<JobCheckpoint> checkpoints = new ArrayList<>();
  private Event<TrainingRequested> request;
  private Optional<TrainingSpec> spec = Optional.empty();
  private Optional<ErrorDetail> newerSpec = Optional.empty();
  private long requestedAt;
  private long startedAt;
  private long finishedAt;
  private JobState state = JobState.initial();
  private int lostAttempts;
  private final List<GivenBack> givenBack = new ArrayList<>();
  private final Map<Integer, String> winners = new HashMap<>();
  private TrainingProgressed progress;

  /** Whether the step of {@link #progress} was told itself, and not only what comes after it. */
  private boolean stepsTold;

  private EventData terminal;
  private String waitingCode;

  JobHistory(String jobId) {
    this.jobId = jobId;
  }

  /** An entry of the training log that had an effect. */
  void apply(JobLogChange change) {
    state = change.after();
    Recorded event = new Recorded(change.event(), change.time().toEpochMilli());
    EventData data = event.data();
    if (data instanceof TrainingClaimed claim) {
      claimed(event, claim, change.before());
    } else if (data instanceof TrainingCheckpointed made) {
      checkpointed(event, made);
    } else if (data instanceof TrainingHeartbeat sign) {
      waited(event, sign);
    } else if (data instanceof TrainingReleased release) {
      released(event, release);
    } else if (data instanceof TrainingControlRequested control) {
      controlled(event, control);
    } else if (state instanceof JobState.Terminal) {
      ended(event);
    }
  }

  /** The first request counts. */
  void requested(Recorded event) {
    if (request != null) {
      return;
    }
    request = event.event().as(TrainingRequested.class);
    requestedAt = event.writtenAt();
    tell(event, "info", "Created fine-tuning job: " + jobId);
  }

  private void claimed(Recorded event, TrainingClaimed claim, JobState before) {
    if (before.isHeldBy(claim.attempt(), claim.workerId())) {
      return;
    }
    waitingCode = null;
    if (spec.isEmpty() && claim.spec() != null) {
      spec = Optional.of(claim.spec());
      newerSpec = Understanding.newer(event.event());
    }
    winners.put(claim.attempt(), claim.workerId());
    if (progress != null && isOfLoser(progress)) {
      progress = null;
    }
    if (startedAt == 0) {
      startedAt = event.writtenAt();
      tell(event, "info", "Fine-tuning job started");
    } else if (before.holder().isPresent()) {
      lostAttempts++;
      tell(
          event,
          "warn",
          "Worker "
              + before.holder().get().workerId()
              + " fell silent; attempt "
              + claim.attempt()
              + " goes on");
    } else {
      tell(event, "info", "Fine-tuning job goes on with attempt " + claim.attempt());
    }
  }

  /** Heartbeats repeat what is waited for; the first of them is the news. */
  private void waited(Recorded event, TrainingHeartbeat sign) {
    if (!state.isHeldBy(sign.attempt(), sign.workerId())) {
      return;
    }
    String code = sign.waiting() == null ? null : sign.waiting().code();
    if (code != null && !code.equals(waitingCode)) {
      tell(event, "warn", "Waiting: " + sign.waiting().message());
    } else if (code == null && waitingCode != null) {
      tell(event, "info", "Fine-tuning job goes on");
    }
    waitingCode = code;
  }

  private void released(Recorded event, TrainingReleased release) {
    if (release.error() == null) {
      tell(event, "info", "Worker released the job: " + release.reason());
      return;
    }
    givenBack.add(new GivenBack(release.attempt(), release.workerId(), release.error()));
    tell(
        event,
        "warn",
        "Worker %s gave the job back: %s [%s]"
            .formatted(release.workerId(), release.error().message(), release.error().code()));
  }

  private void checkpointed(Recorded event, TrainingCheckpointed made) {
    lostAttempts = 0;
    givenBack.clear();
    checkpoints.add(
        new JobCheckpoint(
            event.eventId(),
            event.writtenAt() / 1000,
            made.step(),
            made.checkpoint(),
            made.trainLoss()));
    tell(event, "info", "Checkpoint created at step " + made.step());
  }

  private void controlled(Recorded event, TrainingControlRequested control) {
    switch (control.action()) {
      case CANCEL -> tell(event, "info", "Cancellation requested");
      case PAUSE -> tell(event, "info", "Pause requested");
      case RESUME -> tell(event, "info", "Fine-tuning job resumed");
    }
  }

  private boolean isOfLoser(TrainingProgressed made) {
    return !winners.getOrDefault(made.attempt(), made.workerId()).equals(made.workerId());
  }

  void progressed(Recorded event, TrainingProgressed made) {
    // The last progress may be read after the end, which is on another topic.
    if (made.attempt() < state.progress().attempts()
        || isOfLoser(made)
        || (progress != null
            && progress.attempt() == made.attempt()
            && (progress.step() > made.step()
                || (made.pass() == null && stepsTold && progress.step() == made.step())))) {
      return;
    }
    stepsTold =
        made.pass() == null
            || (stepsTold
                && progress.attempt() == made.attempt()
                && progress.step() == made.step());
    progress = made;
    warned(event, made.warnings());
    if (made.pass() != null) {
      return; // the step that it repeats has a line
    }
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
            event.writtenAt(),
            "info",
            made.trainLoss() == null
                ? "Step %d/%d".formatted(made.step(), made.totalSteps())
                : String.format(
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
  void ended(Recorded event) {
    if (terminal != null) {
      return;
    }
    terminal = event.data();
    finishedAt = event.writtenAt();
    if (terminal instanceof ModelRegistered model) {
      warned(event, model.warnings());
      ending.add(message(event, "info", "New fine-tuned model created: " + model.modelId()));
      ending.add(
          new JobEvent(
              event.eventId() + "-end",
              finishedAt,
              "info",
              "The job has successfully completed",
              null));
    } else if (terminal instanceof TrainingFailed failed) {
      ending.add(message(event, "error", "The job failed: " + failed.error().message()));
    } else if (terminal instanceof TrainingCancelled) {
      ending.add(message(event, "info", "The job was cancelled"));
    }
  }

  /** Each once, however many attempts and events tell it. */
  private void warned(Recorded event, List<Warning> more) {
    if (more == null) {
      return;
    }
    for (Warning warning : more) {
      if (warnings.add(warning)) {
        messages.add(
            new JobEvent(
                event.eventId() + "-" + warning.code() + "-" + warnings.size(),
                event.writtenAt(),
                "warn",
                "%s [%s]".formatted(warning.message(), warning.code()),
                null));
      }
    }
  }

  private void tell(Recorded event, String level, String message) {
    messages.add(message(event, level, message));
  }

  private static JobEvent message(Recorded event, String level, String message) {
    return new JobEvent(event.eventId(), event.writtenAt(), level, message, null);
  }

  /** Null until the request itself was read. */
  Job snapshot(DatasetView datasets, Instant logTime) {
    if (request == null) {
      return null;
    }
    DatasetView.Entry entry = datasets.of(request.data());
    return new Job(
        jobId,
        request,
        spec,
        newerSpec,
        requestedAt,
        startedAt,
        finishedAt,
        status(entry, logTime),
        state,
        terminal == null && state.isClaimable(logTime),
        entry.dataset(),
        entry.rejection(),
        lostAttempts + (silent(logTime) ? 1 : 0),
        List.copyOf(givenBack),
        checkpoints.isEmpty()
            ? Optional.empty()
            : Optional.of(checkpoints.get(checkpoints.size() - 1)),
        // Of an attempt that nobody has claimed it says nothing, or not yet: claims are elsewhere.
        Optional.ofNullable(progress)
            .filter(made -> made.attempt() <= Math.max(1, state.progress().attempts())),
        terminal);
  }

  private boolean silent(Instant logTime) {
    return terminal == null
        && state.holder().filter(lease -> lease.hasExpired(logTime)).isPresent();
  }

  private JobStatus status(DatasetView.Entry entry, Instant logTime) {
    if (terminal instanceof ModelRegistered) {
      return JobStatus.SUCCEEDED;
    }
    if (terminal != null) {
      return terminal instanceof TrainingFailed ? JobStatus.FAILED : JobStatus.CANCELLED;
    }
    if (state instanceof JobState.Cancelling) {
      return JobStatus.CANCELLING;
    }
    if (state.holder().isPresent() && !silent(logTime)) {
      return JobStatus.RUNNING;
    }
    if (state instanceof JobState.Paused || state instanceof JobState.Pausing) {
      return JobStatus.PAUSED;
    }
    return entry.dataset() == null ? JobStatus.VALIDATING_FILES : JobStatus.QUEUED;
  }

  List<JobCheckpoint> checkpoints() {
    return List.copyOf(checkpoints);
  }

  /** Oldest first. */
  List<JobEvent> events() {
    List<JobEvent> all = new ArrayList<>(messages);
    all.addAll(progressLines);
    // Two topics, of which one has the producer's time; but nothing follows the end.
    all.sort(Comparator.comparingLong(JobEvent::createdAt));
    all.addAll(ending);
    return all;
  }
}
