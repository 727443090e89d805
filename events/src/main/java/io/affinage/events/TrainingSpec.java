package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to train and how. A null field means the default, which the trainer resolves and publishes.
 *
 * @param method {@code sft} (default) or {@code pretrain}
 * @param adapter the adapter to train; its type {@code none} trains all weights
 * @param architecture for {@code pretrain} from scratch (base model {@code scratch}): the model's
 *     shape
 * @param epochs passes over the training split; ignored when {@code maxSteps} is set
 * @param maxSteps optimizer steps
 * @param batchSize examples per optimizer step (for {@code pretrain}: rows of {@code maxLength}
 *     tokens)
 * @param gradientAccumulation micro-batches that one optimizer step is divided into
 * @param learningRate peak learning rate
 * @param schedule {@code constant}, {@code linear} or {@code cosine}
 * @param warmupRatio share of the steps with a linearly rising rate
 * @param maxLength longest example in tokens
 * @param overlength what happens to longer ones: {@code drop}, {@code truncate} or {@code fail}
 * @param packing lay several examples in one row (attention never crosses them)
 * @param completionOnly loss on the completion (last assistant turn) only
 * @param dtype {@code float32}, {@code bfloat16} or {@code auto}
 * @param checkpointEverySteps optimizer steps between checkpoints
 * @param seed seed of shuffling and initialisation
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TrainingSpec(
    @Nullable String method,
    @Nullable Adapter adapter,
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

  /**
   * A LoRA adapter.
   *
   * @param type {@code lora}, or {@code none} for training all weights
   * @param targetModules names of linear layers, or the one entry {@code all-linear}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Adapter(
      String type,
      @Nullable Integer rank,
      @Nullable Double loraAlpha,
      @Nullable Double loraDropout,
      @Nullable Boolean useRslora,
      @Nullable List<String> targetModules) {}

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
}
