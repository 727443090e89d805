package io.affinage.events.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EventType;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingCheckpointed;
import io.affinage.events.TrainingControlRequested;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingReleased;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobLogTest {
  private static final ErrorDetail ERROR = new ErrorDetail("x", "y", null);
  private static final ArtifactRef REF = new ArtifactRef("sha256:x", ArtifactRef.Kind.FOLDER, 1);

  @Test
  void shouldMapTheTrainingFamily() {
    JobLog log = JobLog.TRAINING;
    assertThat(log.entry(log.claim("j", 2, "w", Duration.ofSeconds(9))))
        .contains(new JobEntry.Claimed("j", 2, "w", Duration.ofSeconds(9)));
    assertThat(log.entry(new TrainingHeartbeat("j", 2, "w", 7)))
        .contains(new JobEntry.Alive("j", 2, "w"));
    assertThat(log.entry(new TrainingCheckpointed("j", 2, "w", 7, REF, 0.5)))
        .contains(new JobEntry.Checkpointed("j", 2, "w", 7, REF));
    assertThat(log.entry(new TrainingReleased("j", 2, "w", null)))
        .contains(new JobEntry.Released("j", 2, "w"));
    for (TrainingControlRequested.Action action : TrainingControlRequested.Action.values()) {
      assertThat(log.entry(new TrainingControlRequested("j", action)))
          .contains(new JobEntry.ControlRequested("j", JobEntry.Control.valueOf(action.name())));
    }
    assertThat(log.entry(new TrainingFailed("j", 2, "w", ERROR, null)))
        .contains(new JobEntry.Ended("j", 2, JobEntry.Outcome.FAILED));
    assertThat(log.entry(new TrainingCancelled("j", 2, "w")))
        .contains(new JobEntry.Ended("j", 2, JobEntry.Outcome.CANCELLED));
    assertThat(log.entry(new EvaluationFailed("e", "m", 1, ERROR, null))).isEmpty();
  }

  @Test
  void shouldMapTheEvaluationFamily() {
    JobLog log = JobLog.EVALUATION;
    assertThat(log.entry(log.claim("e", 1, "w", Duration.ofSeconds(9))))
        .contains(new JobEntry.Claimed("e", 1, "w", Duration.ofSeconds(9)));
    assertThat(log.entry(new EvaluationProgressed("e", 1, "w", "base", 1, 2)))
        .contains(new JobEntry.Alive("e", 1, "w"));
    assertThat(
            log.entry(
                new EvaluationCompleted(
                    "e", "m", 1, "x", Map.of(), null, List.of(), 0, 0, 0, null, null, null, null)))
        .contains(new JobEntry.Ended("e", 1, JobEntry.Outcome.SUCCEEDED));
    assertThat(log.entry(new EvaluationFailed("e", "m", 1, ERROR, null)))
        .contains(new JobEntry.Ended("e", 1, JobEntry.Outcome.FAILED));
    assertThat(log.entry(new TrainingHeartbeat("j", 1, "w", 1))).isEmpty();
  }

  @Test
  void shouldBeJudgedByTheBrokersTime() {
    for (JobLog log : JobLog.values()) {
      assertThat(log.topic().configuration())
          .containsEntry("message.timestamp.type", "LogAppendTime");
      assertThat(log.topic().accepts()).isNotEmpty().doesNotContain(EventType.TRAINING_REQUESTED);
    }
  }
}
