package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.trainer.job.JobCheckpoint;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A checkpoint in OpenAI's shape.
 *
 * @param fineTunedModelCheckpoint the folder in the artifact store
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FineTuningCheckpoint(
    String object,
    String id,
    long createdAt,
    String fineTunedModelCheckpoint,
    int stepNumber,
    Map<String, Number> metrics,
    String fineTuningJobId) {

  static FineTuningCheckpoint of(String jobId, JobCheckpoint checkpoint) {
    Map<String, Number> metrics = new LinkedHashMap<>();
    metrics.put("step", checkpoint.step());
    if (checkpoint.trainLoss() != null) {
      metrics.put("train_loss", checkpoint.trainLoss());
    }
    return new FineTuningCheckpoint(
        "fine_tuning.job.checkpoint",
        "ftckpt-" + checkpoint.eventId(),
        checkpoint.createdAt(),
        "artifact:" + checkpoint.folder().digest(),
        checkpoint.step(),
        metrics,
        jobId);
  }
}
