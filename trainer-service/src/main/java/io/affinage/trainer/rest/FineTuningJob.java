package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.events.ErrorDetail;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingSpec;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A job in OpenAI's shape ({@code fine_tuning.job}); times are Unix seconds.
 *
 * @param affinage what OpenAI's shape has no place for
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FineTuningJob(
    String object,
    String id,
    String model,
    long createdAt,
    @Schema(nullable = true) Long finishedAt,
    @Schema(nullable = true) String fineTunedModel,
    String organizationId,
    List<String> resultFiles,
    String status,
    @Schema(nullable = true) String validationFile,
    String trainingFile,
    Hyperparameters hyperparameters,
    @Schema(nullable = true) Long trainedTokens,
    @Schema(nullable = true) ErrorDetail error,
    List<String> integrations,
    @Schema(nullable = true) Long seed,
    @Schema(nullable = true) Long estimatedFinish,
    Method method,
    Map<String, String> metadata,
    @Schema(nullable = true) String userProvidedSuffix,
    Extension affinage) {

  /** Resolved numbers, never {@code auto}. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Hyperparameters(
      @Schema(nullable = true) Number nEpochs,
      @Schema(nullable = true) Integer batchSize,
      @Schema(nullable = true) Double learningRateMultiplier) {}

  /**
   * @param type {@code supervised}, or the objective's
   * @param supervised null for an objective
   * @param dpo null for all else
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Method(
      String type,
      @Schema(nullable = true) Supervised supervised,
      @Schema(nullable = true) Dpo dpo) {}

  /** The numbers of the supervised method. */
  public record Supervised(Hyperparameters hyperparameters) {}

  /** The numbers of DPO. */
  public record Dpo(DpoHyperparameters hyperparameters) {}

  /** Resolved numbers, never {@code auto}. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record DpoHyperparameters(
      @Schema(nullable = true) Double beta,
      @Schema(nullable = true) Number nEpochs,
      @Schema(nullable = true) Integer batchSize,
      @Schema(nullable = true) Double learningRateMultiplier) {}

  /**
   * @param spec resolved; as asked for when it cannot be resolved
   * @param datasetDigest null while the dataset is not ready
   * @param attempt 0 before the first
   * @param step optimizer steps done, as last heard
   * @param pass how far the next one is, or what precedes the first, where that takes long
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Extension(
      TrainingSpec spec,
      @Schema(nullable = true) String datasetDigest,
      @Schema(nullable = true) String datasetName,
      int attempt,
      @Schema(nullable = true) String workerId,
      @Schema(nullable = true) Integer step,
      @Schema(nullable = true) Integer totalSteps,
      @Schema(nullable = true) Double trainLoss,
      @Schema(nullable = true) TrainingProgressed.Pass pass,
      @Schema(nullable = true) String runId) {}
}
