package io.affinage.trainer.job;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.GivenBack;
import io.affinage.events.lease.JobState;
import java.util.List;
import java.util.Optional;

/**
 * A job at one moment.
 *
 * @param requestEvent the request with its envelope
 * @param spec resolved, as the first claim recorded it; empty before, and for jobs of versions that
 *     recorded none
 * @param newerSpec what of the recorded specification a newer version has written and this one does
 *     not know
 * @param requestedAt milliseconds since 1970
 * @param startedAt milliseconds since 1970 of the first claim; 0 before
 * @param finishedAt milliseconds since 1970 of the terminal event; 0 before
 * @param state where the job stands on the training log
 * @param claimable whether a worker may claim the next attempt now
 * @param dataset the dataset version; null while it is not ready
 * @param rejection why the dataset will never be ready; null unless it was rejected
 * @param lostAttempts attempts that fell silent since the last checkpoint
 * @param givenBack attempts that their workers could not do, since the last checkpoint
 * @param checkpoint the latest
 * @param progress the latest
 * @param terminal ModelRegistered, TrainingFailed or TrainingCancelled; null before
 */
public record Job(
    String id,
    Event<TrainingRequested> requestEvent,
    Optional<TrainingSpec> spec,
    Optional<ErrorDetail> newerSpec,
    long requestedAt,
    long startedAt,
    long finishedAt,
    JobStatus status,
    JobState state,
    boolean claimable,
    ArtifactRef dataset,
    ErrorDetail rejection,
    int lostAttempts,
    List<GivenBack> givenBack,
    Optional<JobCheckpoint> checkpoint,
    Optional<TrainingProgressed> progress,
    EventData terminal) {

  public TrainingRequested request() {
    return requestEvent.data();
  }

  /** Attempts so far; 0 before the first. */
  public int attempt() {
    return state.progress().attempts();
  }

  /** Whether a user wants it to wait. */
  public boolean pauseWanted() {
    return state instanceof JobState.Pausing || state instanceof JobState.Paused;
  }

  /** Whether a user wants it ended. */
  public boolean cancelWanted() {
    return state instanceof JobState.Cancelling;
  }
}
