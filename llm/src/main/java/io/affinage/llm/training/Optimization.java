package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.training.optimizer.AdamW;
import io.affinage.llm.training.optimizer.MasterWeight;
import io.affinage.llm.training.optimizer.OptimizedArray;
import io.affinage.llm.training.optimizer.OptimizerRule;

/**
 * How gradients move weights.
 *
 * @param rule the method and its hyperparameters
 * @param learningRate peak learning rate
 * @param weightDecay of matrices; norms and biases are spared
 * @param maxGradNorm the global gradient norm is clipped to this; 0 for no clipping
 * @param loraPlusRatio the learning rate of B over that of A (LoRA+, Hayou et al. 2024); 1 is LoRA
 * @param embeddingRateFactor multiplies the learning rate of the embedding and of the head
 * @param pagedState keep the optimizer's state in a memory-mapped file, which the operating system
 *     writes out when memory is short
 * @param maxSkippedSteps so many steps in a row with a loss or gradient that is not finite end the
 *     run; fewer are skipped and counted
 */
public record Optimization(
    OptimizerRule rule,
    double learningRate,
    double weightDecay,
    double maxGradNorm,
    double loraPlusRatio,
    double embeddingRateFactor,
    boolean pagedState,
    int maxSkippedSteps) {
  public static final Optimization DEFAULT =
      new Optimization(AdamW.DEFAULT, 2e-4, 0, 1, 1, 1, false, 3);

  public Optimization {
    require(learningRate > 0 && learningRate < 10, "learningRate", "in (0, 10)", learningRate);
    require(weightDecay >= 0, "weightDecay", "0 or more", weightDecay);
    require(maxGradNorm >= 0, "maxGradNorm", "0 or more", maxGradNorm);
    require(loraPlusRatio > 0, "loraPlusRatio", "above 0", loraPlusRatio);
    require(embeddingRateFactor > 0, "embeddingRateFactor", "above 0", embeddingRateFactor);
    require(maxSkippedSteps > 0, "maxSkippedSteps", "at least 1", maxSkippedSteps);
  }

  /** The same with another peak learning rate. */
  public Optimization withLearningRate(double rate) {
    return new Optimization(
        rule,
        rate,
        weightDecay,
        maxGradNorm,
        loraPlusRatio,
        embeddingRateFactor,
        pagedState,
        maxSkippedSteps);
  }

  /** The same with another method. */
  public Optimization withRule(OptimizerRule other) {
    return new Optimization(
        other,
        learningRate,
        weightDecay,
        maxGradNorm,
        loraPlusRatio,
        embeddingRateFactor,
        pagedState,
        maxSkippedSteps);
  }

  /** The same with another weight decay. */
  public Optimization withWeightDecay(double decay) {
    return new Optimization(
        rule,
        learningRate,
        decay,
        maxGradNorm,
        loraPlusRatio,
        embeddingRateFactor,
        pagedState,
        maxSkippedSteps);
  }

  /**
   * An array that an optimizer updates as it would this parameter.
   *
   * @param value the parameter's own, or another in its place
   */
  OptimizedArray optimized(Trainables.Parameter parameter, MasterWeight value) {
    return new OptimizedArray(
        parameter.name(), value, rateFactor(parameter.role()), decay(parameter.role()));
  }

  /** What the learning rate of an array is multiplied by. */
  private double rateFactor(Trainables.Role role) {
    return switch (role) {
      case LORA_B -> loraPlusRatio;
      case EMBEDDING, HEAD -> embeddingRateFactor;
      case LORA_A, ADAPTER, SCORE, MATRIX, VECTOR -> 1;
    };
  }

  /** The weight decay of an array. */
  private double decay(Trainables.Role role) {
    return role == Trainables.Role.VECTOR ? 0 : weightDecay;
  }
}
