package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.events.ErrorDetail;
import io.affinage.events.TrainingSpec;
import io.affinage.trainer.engine.Fit;
import io.affinage.trainer.engine.Preflight;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a job would be; nothing was started.
 *
 * @param spec every default filled in
 * @param trainingRows rows of the training split; null while the dataset is not ready
 * @param estimatedSteps optimizer steps; null when the rows are not known, and for {@code pretrain}
 *     without a preflight
 * @param preflight token counts, memory and time, found with the real data and model; null where
 *     there is a problem, the dataset is not ready, or the base would be streamed
 * @param fit whether the job fits this machine, estimated by the headers of its base; null where
 *     there is a problem before that, for a new model, or while the dataset is not ready
 * @param problem why there is no preflight; null for none
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DryRun(
    String object,
    String model,
    String trainingFile,
    @Schema(nullable = true) String datasetDigest,
    FineTuningJob.Hyperparameters hyperparameters,
    TrainingSpec spec,
    @Schema(nullable = true) Long trainingRows,
    @Schema(nullable = true) Long estimatedSteps,
    @Schema(nullable = true) Preflight preflight,
    @Schema(nullable = true) Fit fit,
    @Schema(nullable = true) ErrorDetail problem) {}
