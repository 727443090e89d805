package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What to train and how. A null field means the default, which the trainer resolves and publishes.
 *
 * @param method {@code sft} or {@code pretrain}
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
    String method,
    Adapter adapter,
    Architecture architecture,
    Double epochs,
    Integer maxSteps,
    Integer batchSize,
    Integer gradientAccumulation,
    Double learningRate,
    String schedule,
    Double warmupRatio,
    Double weightDecay,
    Double maxGradNorm,
    Integer maxLength,
    String overlength,
    Boolean packing,
    Boolean completionOnly,
    String dtype,
    Integer checkpointEverySteps,
    Long seed) {

  /**
   * A LoRA adapter.
   *
   * @param type {@code lora}, or {@code none} for training all weights
   * @param targetModules names of linear layers, or the one entry {@code all-linear}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Adapter(
      String type,
      Integer rank,
      Double loraAlpha,
      Double loraDropout,
      Boolean useRslora,
      List<String> targetModules) {}

  /** The shape of a new Llama-family model and its tokenizer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Architecture(
      Integer hiddenSize,
      Integer intermediateSize,
      Integer layers,
      Integer heads,
      Integer kvHeads,
      Integer vocabularySize,
      Integer contextLength) {}
}
