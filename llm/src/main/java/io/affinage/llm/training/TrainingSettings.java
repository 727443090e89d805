package io.affinage.llm.training;

import io.affinage.llm.error.LlmException;

/**
 * How a run trains, whatever it trains.
 *
 * @param epochs passes over the examples; used where {@code maxSteps} is 0
 * @param maxSteps optimizer steps; 0 takes {@code epochs}
 * @param batchSize rows of one optimizer step: examples, or packed rows
 * @param gradientAccumulation micro-batches that a step's examples are divided into
 * @param learningRate peak learning rate
 * @param warmupRatio share of the steps during which the rate rises from 0
 * @param weightDecay AdamW's decoupled decay; norms are spared
 * @param maxGradNorm the global gradient norm is clipped to this; 0 for no clipping
 * @param dropout probability in front of adapters
 * @param sharePrefixes compute what examples of a micro-batch share once (same loss, less work)
 * @param recomputeActivations compute activations twice instead of keeping them: less memory
 * @param checkpointEverySteps optimizer steps between checkpoints; 0 for none
 * @param seed decides order and dropout
 */
public record TrainingSettings(
    double epochs,
    int maxSteps,
    int batchSize,
    int gradientAccumulation,
    double learningRate,
    Schedule schedule,
    double warmupRatio,
    double weightDecay,
    double maxGradNorm,
    double dropout,
    boolean sharePrefixes,
    boolean recomputeActivations,
    int checkpointEverySteps,
    long seed) {

  public TrainingSettings {
    require(maxSteps > 0 || (maxSteps == 0 && epochs > 0), "epochs", "above 0", epochs);
    require(batchSize > 0, "batchSize", "at least 1", batchSize);
    require(
        gradientAccumulation > 0 && gradientAccumulation <= batchSize,
        "gradientAccumulation",
        "between 1 and the batch size",
        gradientAccumulation);
    require(learningRate > 0 && learningRate < 10, "learningRate", "in (0, 10)", learningRate);
    require(warmupRatio >= 0 && warmupRatio < 1, "warmupRatio", "in [0, 1)", warmupRatio);
    require(weightDecay >= 0, "weightDecay", "0 or more", weightDecay);
    require(maxGradNorm >= 0, "maxGradNorm", "0 or more", maxGradNorm);
    require(dropout >= 0 && dropout < 1, "dropout", "in [0, 1)", dropout);
    require(checkpointEverySteps >= 0, "checkpointEverySteps", "0 or more", checkpointEverySteps);
  }

  private static void require(boolean holds, String name, String range, Number value) {
    if (!holds) {
      throw new LlmException(
          "invalid_hyperparameter", name + " must be " + range + ", not " + value);
    }
  }

  /** Optimizer steps of the run over this many rows. */
  public int totalSteps(int rows) {
    if (maxSteps > 0) {
      return maxSteps;
    }
    int perEpoch = (rows + batchSize - 1) / batchSize;
    return Math.max(1, (int) Math.ceil(epochs * perEpoch - 1e-9));
  }

  /** Steps of warm-up, as transformers rounds them. */
  public int warmupSteps(int totalSteps) {
    return (int) Math.ceil(warmupRatio * totalSteps);
  }
}
