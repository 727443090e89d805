package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.quantization.QuantizationSpec;
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
 * @param quantization in which fewer bits the base is kept beside an adapter; null for its own
 *     numbers
 * @param guards what ends a job that learns from sampled answers; null for others
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TrainingSpec(
    @Setting(
            value =
                "`sft` learns answers, `pretrain` learns documents, from scratch or from a base model; an objective is a method of its own name",
            words = {"sft", "pretrain"},
            orTypesOf = ObjectiveSpec.class)
        @Nullable String method,
    @Setting("what is trained beside or in place of the model's weights")
        @Nullable AdapterSpec adapter,
    @Setting("shape of a new model, for `pretrain` from scratch")
        @Nullable Architecture architecture,
    @Setting(
            value = "passes over the training split",
            otherwise = "1.0",
            from = 0.001,
            to = 100_000)
        @Nullable Double epochs,
    @Setting(value = "optimizer steps, in place of epochs", from = 1) @Nullable Integer maxSteps,
    @Setting(
            value = "examples of one step; for `pretrain` rows of `max_length` tokens",
            otherwise = "8",
            from = 1)
        @Nullable Integer batchSize,
    @Setting(value = "micro-batches that a step is divided into", otherwise = "1", from = 1)
        @Nullable Integer gradientAccumulation,
    @Setting(value = "peak learning rate", from = 1e-12, to = 1) @Nullable Double learningRate,
    @Setting(
            value =
                "`constant`, `linear`, `cosine` or `wsd` (warm-up, stable, decay), as transformers defines them",
            otherwise = "\"cosine\"",
            words = {"constant", "linear", "cosine", "wsd"})
        @Nullable String schedule,
    @Setting(
            value = "share of the steps during which the rate rises",
            otherwise = "0.03",
            from = 0,
            to = 0.99)
        @Nullable Double warmupRatio,
    @Setting(value = "of matrices; norms and biases are spared", from = 0, to = 10)
        @Nullable Double weightDecay,
    @Setting(
            value = "the global gradient norm is clipped to this; 0 for no clipping",
            otherwise = "1.0",
            from = 0)
        @Nullable Double maxGradNorm,
    @Setting(value = "longest example in tokens", from = 2) @Nullable Integer maxLength,
    @Setting(
            value = "`drop`, `truncate` or `fail`; what it did is counted",
            words = {"drop", "truncate", "fail"})
        @Nullable String overlength,
    @Setting(
            value = "lay the examples of a micro-batch in one row; attention never crosses them",
            otherwise = "true")
        @Nullable Boolean packing,
    @Setting("take loss on completions and answers only; false takes it on everything")
        @Nullable Boolean completionOnly,
    @Setting(
            value =
                "`float32`, `bfloat16`, or `auto` for the faster one of this machine; trained weights are float32 all the same, of which a bfloat16 weight is the upper half; a model from scratch is computed in float32",
            otherwise = "\"auto\"",
            words = {"auto", "float32", "bfloat16"})
        @Nullable String dtype,
    @Setting(value = "optimizer steps between checkpoints", otherwise = "50", from = 1)
        @Nullable Integer checkpointEverySteps,
    @Setting(value = "decides order, dropout, noise and initial weights", otherwise = "0")
        @Nullable Long seed,
    @Setting("which weights are trained, without an adapter") @Nullable Weights weights,
    @Setting("what moves the weights") @Nullable Optimizer optimizer,
    @Setting(value = "share of the steps during which `wsd` falls, there 0.1", from = 0, to = 1)
        @Nullable Double decayRatio,
    @Setting(value = "share of the peak below which the rate does not fall", from = 0, to = 0.99)
        @Nullable Double minLearningRateRatio,
    @Setting(
            value =
                "tokens of a micro-batch at most, like lengths together; in place of `gradient_accumulation`",
            from = 1)
        @Nullable Integer tokenBudget,
    @Setting("against learning by heart") @Nullable Regularisation regularisation,
    @Setting("what happens to the validation split during training")
        @Nullable Evaluation evaluation,
    @Setting(
            value = "newest checkpoints that stay on the worker beside the best one; 0 for all",
            otherwise = "2",
            from = 0)
        @Nullable Integer keepCheckpoints,
    @Setting("compute activations twice to save memory; by the model's size unless given")
        @Nullable Boolean recomputeActivations,
    @Setting(
            value =
                "steps in a row with a loss or gradient that is not finite that end the job; fewer are skipped and counted",
            otherwise = "3",
            from = 1)
        @Nullable Integer maxSkippedSteps,
    @Setting(
            value =
                "`all_answers` or `last_answer` of a conversation; answers of weight 0 are never learned, calls of functions are answers",
            words = {"all_answers", "last_answer"})
        @Nullable String trainOn,
    @Setting(
            value =
                "end the job at a row that cannot be learned from, rather than leave it out, count and name it",
            otherwise = "false")
        @Nullable Boolean strict,
    @Setting(
            "go on although more than 20% of the tokens are cut off or dropped for their length; true where `overlength` is given")
        @Nullable Boolean allowTokenLoss,
    @Setting("what a step minimises in place of the method's own loss")
        @Nullable ObjectiveSpec objective,
    @Setting("keep the base in fewer bits beside the adapter that is trained (QLoRA)")
        @Nullable QuantizationSpec quantization,
    @Setting("what ends a job of sampled answers that goes nowhere or astray")
        @Nullable Guards guards) {

  /**
   * Whether the adapter was trained beside a base whose weights were changed for it before they
   * were quantized: no other adapter belongs to these numbers.
   */
  public boolean changesQuantizedBase() {
    return quantization != null && adapter instanceof LoraSpec lora && lora.changesBase();
  }

  /**
   * When a job that learns from sampled answers is ended.
   *
   * @param maxKl nats per token
   * @param minEntropy nats per token
   * @param patience batches of answers in a row with a collapsed entropy, with equal rewards or
   *     none, with answers that are all empty or all of the longest length; also the batches over
   *     which rewards of an ensemble are compared
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Guards(
      @Setting(
              value =
                  "nats per token by which the policy may diverge from the model that it started from, for three batches of answers; 0 for any",
              otherwise = "10.0",
              from = 0)
          @Nullable Double maxKl,
      @Setting(
              value = "nats per token below which the policy's entropy has collapsed; 0 for never",
              otherwise = "0.001",
              from = 0)
          @Nullable Double minEntropy,
      @Setting(
              value =
                  "batches of answers in a row with a collapsed entropy, with equal rewards, with nothing but empty answers or with none that ends, and over which a learned reward may rise while a rule, or one of weight 0, falls; 0 for any number",
              otherwise = "100",
              from = 0)
          @Nullable Integer patience) {}

  /** The shape of a new Llama-family model and its tokenizer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Architecture(
      @Setting(value = "width of the residual stream of a new model", otherwise = "192", from = 1)
          @Nullable Integer hiddenSize,
      @Setting(value = "width of its feed-forward layers", otherwise = "512", from = 1)
          @Nullable Integer intermediateSize,
      @Setting(value = "its blocks", otherwise = "6", from = 1) @Nullable Integer layers,
      @Setting(value = "its query heads", otherwise = "6", from = 1) @Nullable Integer heads,
      @Setting(value = "its key and value heads", from = 1) @Nullable Integer kvHeads,
      @Setting(
              value = "entries of the tokenizer that is trained on the data",
              otherwise = "2048",
              from = 260)
          @Nullable Integer vocabularySize,
      @Setting(value = "longest context in tokens", otherwise = "512", from = 1)
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
      @Setting(
              value = "`all`, `last_layers`, `head` or `embeddings`",
              words = {"all", "last_layers", "head", "embeddings"})
          @Nullable String scope,
      @Setting(value = "how many, for `last_layers`", from = 1) @Nullable Integer lastLayers,
      @Setting("patterns of weight names (`model.layers.2.*`), in place of a scope")
          @Nullable List<String> train,
      @Setting("patterns of names that stay as they are") @Nullable List<String> freeze) {}

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
      @Setting(
              value =
                  "`adamw`, `adamw_8bit` (2.03 bytes a number for its state, not 8), `adamw_companded` (2.13, and faster), `adafactor`, `lion` or `sgd`",
              otherwise = "\"adamw\"",
              words = {"adamw", "adamw_8bit", "adamw_companded", "adafactor", "lion", "sgd"})
          @Nullable String type,
      @Setting(value = "decay of the mean gradient (AdamW, Lion)", from = 0, to = 0.999999)
          @Nullable Double beta1,
      @Setting(
              value =
                  "decay of the mean squared gradient (AdamW), of the momentum (Lion, there 0.99)",
              from = 0,
              to = 0.999999)
          @Nullable Double beta2,
      @Setting(value = "added to the divisor (AdamW)", from = 1e-16, to = 1)
          @Nullable Double epsilon,
      @Setting(value = "of `sgd`, there 0.9", from = 0, to = 0.999999) @Nullable Double momentum,
      @Setting("of `sgd`, there false") @Nullable Boolean nesterov,
      @Setting(value = "learning rate of B over that of A (LoRA+)", from = 0.001, to = 1000)
          @Nullable Double loraPlusRatio,
      @Setting(
              value = "multiplies the rate of the embedding and of the head",
              from = 0.001,
              to = 1000)
          @Nullable Double embeddingRateFactor,
      @Setting(value = "keep optimizer state in a memory-mapped file (CPU)", otherwise = "false")
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
      @Setting(
              value = "noise on embedded tokens, alpha / sqrt(tokens * width)",
              otherwise = "0.0",
              from = 0)
          @Nullable Double neftuneAlpha,
      @Setting(
              value = "share of the target's probability that is spread over the vocabulary",
              otherwise = "0.0",
              from = 0,
              to = 0.99)
          @Nullable Double labelSmoothing,
      @Setting(
              value =
                  "decay of a running mean of the weights, which is evaluated and becomes the result",
              otherwise = "0.0",
              from = 0,
              to = 0.999999)
          @Nullable Double emaDecay) {}

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
      @Setting(
              value = "steps between evaluations of the validation split; 0 for none",
              otherwise = "0",
              from = 0)
          @Nullable Integer everySteps,
      @Setting(
              value = "evaluations without improvement that end the training; 0 for never",
              otherwise = "0",
              from = 0)
          @Nullable Integer patience,
      @Setting(value = "nats by which a loss must be lower", otherwise = "0.0", from = 0)
          @Nullable Double minImprovement,
      @Setting("the model with the lowest loss is the result; true where the run is evaluated")
          @Nullable Boolean keepBest,
      @Setting(value = "validation rows that are evaluated", otherwise = "256", from = 1)
          @Nullable Integer maxRows) {}
}
