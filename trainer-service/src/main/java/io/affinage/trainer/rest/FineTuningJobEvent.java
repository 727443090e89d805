package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.trainer.job.JobEvent;
import java.util.Map;

/**
 * A line of a job's story in OpenAI's shape.
 *
 * @param type {@code message} or {@code metrics}
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FineTuningJobEvent(
    String object,
    String id,
    long createdAt,
    String level,
    String message,
    String type,
    Map<String, Object> data) {

  static FineTuningJobEvent of(JobEvent event) {
    return new FineTuningJobEvent(
        "fine_tuning.job.event",
        "ftevent-" + event.id(),
        event.createdAt() / 1000,
        event.level(),
        event.message(),
        event.metrics() == null ? "message" : "metrics",
        event.metrics() == null ? Map.of() : event.metrics());
  }
}
