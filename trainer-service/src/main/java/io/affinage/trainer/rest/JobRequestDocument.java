package io.affinage.trainer.rest;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.events.TrainingSpec;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The body of a new job for the OpenAPI document; {@link JobRequestReader} reads it field by field,
 * so as to name every problem.
 */
@Schema(name = "FineTuningJobRequest")
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record JobRequestDocument(
    @Schema(required = true, description = "A registered model, owner/name of a hub, or scratch")
        String model,
    @Schema(required = true, description = "The id of a file or of a dataset submission")
        String trainingFile,
    @Schema(
            type = SchemaType.OBJECT,
            description = "{\"type\": \"supervised\"}, or an objective: dpo, ipo")
        Object method,
    @Schema(
            type = SchemaType.OBJECT,
            description = "n_epochs, batch_size, learning_rate_multiplier: numbers or \"auto\"")
        Object hyperparameters,
    @Schema(nullable = true) Long seed,
    @Schema(nullable = true, description = "Part of the model's id") String suffix,
    @Schema(nullable = true) Map<String, String> metadata,
    TrainingSpec affinage) {}
