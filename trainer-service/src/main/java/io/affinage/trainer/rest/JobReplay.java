package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.trainer.work.Replays;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What came of making a job's updates again from the record.
 *
 * @param same whether every digest is the registered one
 * @param iterations that were made again
 * @param registeredDigest of the model's folder
 * @param replayedDigest of the folder that came out; null where the replay ended before
 * @param difference the first one; null for none
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record JobReplay(
    String object,
    String job,
    String model,
    boolean same,
    int iterations,
    String registeredDigest,
    @Schema(nullable = true) String replayedDigest,
    @Schema(nullable = true) String difference) {

  static JobReplay of(Replays.Outcome made) {
    return new JobReplay(
        "fine_tuning.job.replay",
        made.model().jobId(),
        made.model().modelId(),
        made.same(),
        made.iterations(),
        made.registered(),
        made.replayed(),
        made.difference());
  }
}
