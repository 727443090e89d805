package io.affinage.trainer.job;

import io.affinage.events.ArtifactRef;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.RoutingSlip;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.time.Clock;

/** Events for tests. */
public final class Events {
  public static final ArtifactRef DATASET =
      new ArtifactRef("sha256:" + "ab".repeat(32), ArtifactRef.Kind.FOLDER, 10);
  private static final EventFactory FACTORY = new EventFactory("/test", Clock.systemUTC());

  private Events() {}

  static Recorded recorded(EventData data) {
    return recorded(data, 1_000);
  }

  static Recorded recorded(EventData data, long writtenAt) {
    return new Recorded(FACTORY.create(data), writtenAt);
  }

  public static TrainingRequested requested(String jobId) {
    return requested(jobId, DATASET, SpecResolver.empty(), null);
  }

  public static TrainingRequested requested(
      String jobId, ArtifactRef dataset, TrainingSpec spec, RoutingSlip slip) {
    return new TrainingRequested(
        jobId, "owner/name", dataset, "desk", spec, null, null, slip, "file-1", null, null);
  }

  /** So many steps with a checkpoint every so many. */
  public static TrainingSpec steps(int steps, int checkpointEvery) {
    return Settings.build(TrainingSpec.class)
        .with("maxSteps", steps)
        .with("checkpointEverySteps", checkpointEvery)
        .with("seed", 7L)
        .record();
  }
}
