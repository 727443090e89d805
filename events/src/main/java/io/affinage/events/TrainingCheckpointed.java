package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * The attempt can be resumed from here. Type {@code io.affinage.training.checkpointed.v1}; on the
 * job log.
 *
 * @param step optimizer steps done
 * @param checkpoint a folder that the model library resumes from, bit for bit
 */
public record TrainingCheckpointed(
    String jobId,
    int attempt,
    String workerId,
    int step,
    ArtifactRef checkpoint,
    @Nullable Double trainLoss)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
