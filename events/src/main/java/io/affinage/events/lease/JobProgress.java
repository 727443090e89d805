package io.affinage.events.lease;

import io.affinage.events.ArtifactRef;
import org.jspecify.annotations.Nullable;

/**
 * What stays of a job from attempt to attempt.
 *
 * @param attempts won so far
 * @param checkpoint where the next attempt resumes; null for the start
 */
public record JobProgress(int attempts, @Nullable Checkpoint checkpoint) {
  /** Of a job that nobody has touched. */
  public static final JobProgress NONE = new JobProgress(0, null);

  /**
   * A resumable point.
   *
   * @param step optimizer steps done
   * @param artifact a folder in the artifact store
   * @param attempt the attempt that made it
   */
  public record Checkpoint(int step, ArtifactRef artifact, int attempt) {}

  /** The attempt that may be claimed next. */
  public int nextAttempt() {
    return attempts + 1;
  }

  JobProgress withAttempt(int attempt) {
    return new JobProgress(attempt, checkpoint);
  }

  JobProgress withCheckpoint(JobEntry.Checkpointed entry) {
    return new JobProgress(
        attempts, new Checkpoint(entry.step(), entry.artifact(), entry.attempt()));
  }
}
