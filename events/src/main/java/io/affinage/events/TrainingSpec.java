package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.objective.ObjectiveSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to train and how. A null field means the default, which the trainer resolves and publishes.
 *
 * @param method {@code sft} (default), {@code pretrain}, or the type of the objective, which alone
 *     asks for that objective with its defaults
 * @param adapter the adapter to train; its type {@code none} trains all weights
 * @param architecture for {@code pretrain} from scratch (base model {@code scratch}): the model's
 *     shape
 * @param epochs passes over the training split; ignored when {@code maxSteps} is set
 * @param maxSteps optimizer steps
 * @param batchSize examples per optimizer step (for {@code pretrain}: rows of {@code maxLength}
 *     tokens)
 * @param gradientAccumulation micro-batches that one optimizer step is divided into
 * @param learningRate peak learning rate
 * @param schedule {@code constant}, {@code linear}, {@code cosine} or {@code wsd} (warm-up, stable,
 *     decay)
 * @param warmupRatio share of the steps with a linearly rising rate
 * @param weightDecay of matrices; norms and biases are spared
 * @param maxGradNorm the global gradient norm is clipped to this; 0 for no clipping
 * @param maxLength longest example in tokens
 * @param overlength what happens to longer ones: {@code drop}, {@code truncate} or {@code fail}
 * @param packing lay several examples in one row (attention never crosses them)
 * @param completionOnly loss on completions and answers only, as {@code trainOn} says
 * @param dtype {@code float32}, {@code bfloat16} or {@code auto}
 * @param checkpointEverySteps optimizer steps between checkpoints
 * @param seed seed of shuffling and initialisation
 * @param weights which weights are trained when there is no adapter
 * @param optimizer the method that moves the weights
 * @param decayRatio share of the steps during which the schedule {@code wsd} falls
 * @param minLearningRateRatio share of the peak below which the learning rate does not fall
 * @param tokenBudget tokens that a micro-batch holds at most, in place of {@code
 *     gradientAccumulation}
 * @param regularisation against learning by heart
 * @param evaluation what happens to the validation split during training
 * @param keepCheckpoints newest checkpoints that stay beside the best one; 0 for all
 * @param recomputeActivations compute activations twice instead of keeping them
 * @param maxSkippedSteps steps in a row with a loss or gradient that is not finite that end the job
 * @param trainOn the answers of a conversation that are learned: {@code all_answers} (default) or
 *     {@code last_answer}; those of weight 0 never are
 * @param strict whether a row that cannot be learned from ends the job, rather than being left out
 *     and counted
 * @param allowTokenLoss whether a large share of the tokens may be cut off or dropped; true where
 *     {@code overlength} is given
 * @param objective what a step minimises; null for the method's own loss
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TrainingSpec(
    @Nullable String method,
    @Nullable AdapterSpec adapter,
    @Nullable Architecture architecture,
    @Nullable Double epochs,
    @Nullable Integer maxSteps,
    @Nullable Integer batchSize,
    @Nullable Integer gradientAccumulation,
    @Nullable Double learningRate,
    @Nullable String schedule,
    @Nullable Double warmupRatio,
    @Nullable Double weightDecay,
    @Nullable Double maxGradNorm,
    @Nullable Integer maxLength,
    @Nullable String overlength,
    @Nullable Boolean packing,
    @Nullable Boolean completionOnly,
    @Nullable String dtype,
    @Nullable Integer checkpointEverySteps,
    @Nullable Long seed,
    @Nullable Weights weights,
    @Nullable Optimizer optimizer,
    @Nullable Double decayRatio,
    @Nullable Double minLearningRateRatio,
    @Nullable Integer tokenBudget,
    @Nullable Regularisation regularisation,
    @Nullable Evaluation evaluation,
    @Nullable Integer keepCheckpoints,
    @Nullable Boolean recomputeActivations,
    @Nullable Integer maxSkippedSteps,
    @Nullable String trainOn,
    @Nullable Boolean strict,
    @Nullable Boolean allowTokenLoss,
    @Nullable ObjectiveSpec objective) {

  /** A specification that leaves optimizer, regularisation, evaluation and weights to defaults. */
  public TrainingSpec(
      @Nullable String method,
      @Nullable AdapterSpec adapter,
      @Nullable Architecture architecture,
      @Nullable Double epochs,
      @Nullable Integer maxSteps,
      @Nullable Integer batchSize,
      @Nullable Integer gradientAccumulation,
      @Nullable Double learningRate,
      @Nullable String schedule,
      @Nullable Double warmupRatio,
      @Nullable Double weightDecay,
      @Nullable Double maxGradNorm,
      @Nullable Integer maxLength,
      @Nullable String overlength,
      @Nullable Boolean packing,
      @Nullable Boolean completionOnly,
      @Nullable String dtype,
      @Nullable Integer checkpointEverySteps,
      @Nullable Long seed) {
    this(
        method,
        adapter,
        architecture,
        epochs,
        maxSteps,
        batchSize,
        gradientAccumulation,
        learningRate,
        schedule,
        warmupRatio,
        weightDecay,
        maxGradNorm,
        maxLength,
        overlength,
        packing,
        completionOnly,
        dtype,
        checkpointEverySteps,
        seed,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** The shape of a new Llama-family model and its tokenizer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Architecture(
      @Nullable Integer hiddenSize,
      @Nullable Integer intermediateSize,
      @Nullable Integer layers,
      @Nullable Integer heads,
      @Nullable Integer kvHeads,
      @Nullable Integer vocabularySize,
      @Nullable Integer contextLength) {}

  /**
   * Which weights are trained.
   *
   * @param scope {@code all} (default), {@code last_layers}, {@code head} or {@code embeddings}
   * @param lastLayers for {@code last_layers}: how many
   * @param train in place of a scope: patterns of weight names in Hugging Face's files, {@code *}
   *     for any characters
   * @param freeze patterns of names that stay as they are
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Weights(
      @Nullable String scope,
      @Nullable Integer lastLayers,
      @Nullable List<String> train,
      @Nullable List<String> freeze) {}

  /**
   * The method that moves the weights.
   *
   * @param type {@code adamw} (default), {@code adamw_8bit}, {@code adamw_companded}, {@code
   *     adafactor}, {@code lion} or {@code sgd}
   * @param beta1 for AdamW in all forms, {@code lion}
   * @param beta2 for AdamW in all forms, {@code lion}
   * @param epsilon for AdamW in all forms
   * @param momentum for {@code sgd}
   * @param nesterov for {@code sgd}
   * @param loraPlusRatio the learning rate of B over that of A
   * @param embeddingRateFactor multiplies the learning rate of the embedding and of the head
   * @param paged keep the state in a memory-mapped file
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Optimizer(
      @Nullable String type,
      @Nullable Double beta1,
      @Nullable Double beta2,
      @Nullable Double epsilon,
      @Nullable Double momentum,
      @Nullable Boolean nesterov,
      @Nullable Double loraPlusRatio,
      @Nullable Double embeddingRateFactor,
      @Nullable Boolean paged) {}

  /**
   * Against learning by heart.
   *
   * @param neftuneAlpha noise on embedded tokens; 0 for none
   * @param labelSmoothing share of the target's probability that is spread over the vocabulary
   * @param emaDecay decay of a running mean of the weights, which becomes the result; 0 for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Regularisation(
      @Nullable Double neftuneAlpha, @Nullable Double labelSmoothing, @Nullable Double emaDecay) {}

  /**
   * What happens to the validation split during training.
   *
   * @param everySteps optimizer steps between evaluations; 0 for none
   * @param patience evaluations without improvement after which training stops; 0 for never
   * @param minImprovement nats by which a loss must be lower than the best one
   * @param keepBest whether the model with the lowest loss is the result
   * @param maxRows validation rows that are evaluated
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Evaluation(
      @Nullable Integer everySteps,
      @Nullable Integer patience,
      @Nullable Double minImprovement,
      @Nullable Boolean keepBest,
      @Nullable Integer maxRows) {}
}
