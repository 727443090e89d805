package io.affinage.events.lease;

import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EventData;
import io.affinage.events.EventException;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingReleased;
import java.time.Duration;
import java.util.Optional;

/** The two logs there are, and what their events mean to the protocol. */
public enum JobLog {
  /** {@link Topics#TRAINING_LOG}. */
  TRAINING(Topics.TRAINING_LOG) {
    @Override
    public Optional<JobEntry> entry(EventData data) {
      if (data instanceof TrainingClaimed e) {
        return Optional.of(
            new JobEntry.Claimed(e.jobId(), e.attempt(), e.workerId(), lease(e.leaseMillis())));
      }
      if (data instanceof TrainingHeartbeat e) {
        return Optional.of(new JobEntry.Alive(e.jobId(), e.attempt(), e.workerId()));
      }
      if (data instanceof TrainingCheckpointed e) {
        return Optional.of(
            new JobEntry.Checkpointed(
                e.jobId(), e.attempt(), e.workerId(), e.step(), e.checkpoint()));
      }
      if (data instanceof TrainingReleased e) {
        return Optional.of(new JobEntry.Released(e.jobId(), e.attempt(), e.workerId()));
      }
      if (data instanceof TrainingControlRequested e) {
        JobEntry.Control control =
            switch (e.action()) {
              case CANCEL -> JobEntry.Control.CANCEL;
              case PAUSE -> JobEntry.Control.PAUSE;
              case RESUME -> JobEntry.Control.RESUME;
            };
        return Optional.of(new JobEntry.ControlRequested(e.jobId(), control));
      }
      if (data instanceof ModelRegistered e) {
        return Optional.of(new JobEntry.Ended(e.jobId(), e.attempt(), JobEntry.Outcome.SUCCEEDED));
      }
      if (data instanceof TrainingFailed e) {
        return Optional.of(new JobEntry.Ended(e.jobId(), e.attempt(), JobEntry.Outcome.FAILED));
      }
      if (data instanceof TrainingCancelled e) {
        return Optional.of(new JobEntry.Ended(e.jobId(), e.attempt(), JobEntry.Outcome.CANCELLED));
      }
      return Optional.empty();
    }

    @Override
    public EventData claim(String jobId, int attempt, String workerId, Duration lease) {
      return new TrainingClaimed(jobId, attempt, workerId, lease.toMillis());
    }
  },

  /** {@link Topics#EVALUATION_LOG}. */
  EVALUATION(Topics.EVALUATION_LOG) {
    @Override
    public Optional<JobEntry> entry(EventData data) {
      if (data instanceof EvaluationClaimed e) {
        return Optional.of(
            new JobEntry.Claimed(
                e.evaluationId(), e.attempt(), e.workerId(), lease(e.leaseMillis())));
      }
      if (data instanceof EvaluationProgressed e) {
        return Optional.of(new JobEntry.Alive(e.evaluationId(), e.attempt(), e.workerId()));
      }
      if (data instanceof EvaluationReleased e) {
        return Optional.of(new JobEntry.Released(e.evaluationId(), e.attempt(), e.workerId()));
      }
      if (data instanceof EvaluationCompleted e) {
        return Optional.of(
            new JobEntry.Ended(e.evaluationId(), e.attempt(), JobEntry.Outcome.SUCCEEDED));
      }
      if (data instanceof EvaluationFailed e) {
        return Optional.of(
            new JobEntry.Ended(e.evaluationId(), e.attempt(), JobEntry.Outcome.FAILED));
      }
      return Optional.empty();
    }

    @Override
    public EventData claim(String jobId, int attempt, String workerId, Duration lease) {
      return new EvaluationClaimed(jobId, attempt, workerId, lease.toMillis());
    }
  };

  private final Topic topic;

  JobLog(Topic topic) {
    this.topic = topic;
  }

  /** Where the log is. */
  public Topic topic() {
    return topic;
  }

  private static Duration lease(long millis) {
    if (millis < 1) {
      throw new EventException(
          "invalid_event_data", "leaseMillis is %d; a lease has 1 or more".formatted(millis));
    }
    return Duration.ofMillis(millis);
  }

  /**
   * What an event means to the protocol; empty for one that means nothing.
   *
   * @throws EventException for a claim without a lease
   */
  public abstract Optional<JobEntry> entry(EventData data);

  /** The claim of an attempt, as this log's event. */
  public abstract EventData claim(String jobId, int attempt, String workerId, Duration lease);
}
