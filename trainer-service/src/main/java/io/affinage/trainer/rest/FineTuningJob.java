package io.affinage.trainer.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.affinage.events.ErrorDetail;
import io.affinage.events.TrainingSpec;
import java.util.List;
import java.util.Map;

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
    Long finishedAt,
    String fineTunedModel,
    String organizationId,
    List<String> resultFiles,
    String status,
    String validationFile,
    String trainingFile,
    Hyperparameters hyperparameters,
    Long trainedTokens,
    ErrorDetail error,
    List<String> integrations,
    Long seed,
    Long estimatedFinish,
    Method method,
    Map<String, String> metadata,
    String userProvidedSuffix,
    Extension affinage) {

  /** Resolved numbers, never {@code auto}. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Hyperparameters(Number nEpochs, Integer batchSize, Double learningRateMultiplier) {}

  /** Always supervised. */
  public record Method(String type, Supervised supervised) {}

  /** The numbers of the supervised method. */
  public record Supervised(Hyperparameters hyperparameters) {}

  /**
   * @param spec resolved; as asked for when it cannot be resolved
   * @param datasetDigest null while the dataset is not ready
   * @param attempt 0 before the first
   * @param step optimizer steps done, as last heard
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Extension(
      TrainingSpec spec,
      String datasetDigest,
      String datasetName,
      int attempt,
      String workerId,
      Integer step,
      Integer totalSteps,
      Double trainLoss,
      String runId) {}
}
