package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.events.TrainingSpec;

/**
 * What a job would be; nothing was started.
 *
 * @param spec every default filled in
 * @param trainingRows rows of the training split; null while the dataset is not ready
 * @param estimatedSteps optimizer steps; null when the rows are not known, and for {@code pretrain}
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DryRun(
    String object,
    String model,
    String trainingFile,
    String datasetDigest,
    FineTuningJob.Hyperparameters hyperparameters,
    TrainingSpec spec,
    Long trainingRows,
    Long estimatedSteps) {}
