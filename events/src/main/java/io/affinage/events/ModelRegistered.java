package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job's model exists. Type {@code io.affinage.model.registered.v1}; terminal for the job; topic
 * compacted by model.
 *
 * @param modelId deterministic: {@code BASE:SUFFIX:HASH}, as a name that clients pass as {@code
 *     model}
 * @param model the folder: a PEFT adapter, or a Hugging Face model
 * @param baseModel as in {@link TrainingRequested#baseModel()}, resolved; the id of the adapter
 *     that training went on from, where it did
 * @param base the whole base model's folder or file in the store, whatever adapter was put on it;
 *     null for a model from scratch
 * @param metrics numbers by name: {@code train_loss}, {@code held_out_loss_before}, {@code
 *     held_out_loss_after}, ...
 * @param createdAt seconds since 1970
 * @param warnings what was noticed while it was made; null for nothing
 * @param baseName a hub id, with {@code @revision} where one was named, or the path of a folder or
 *     file by which the user knows the whole base model; null where nothing is known but the store
 * @param parentAdapter the adapter that training went on from; null where it began anew
 * @param task what the model does, as PEFT names it: {@value #SEQUENCE_CLASSIFICATION} for a reward
 *     model, which scores texts and writes none; null for a language model
 * @param record a folder with all rollouts, scores and updates of the job, from which it can be
 *     replayed; null where nothing was sampled
 */
public record ModelRegistered(
    String modelId,
    String jobId,
    int attempt,
    String workerId,
    Kind kind,
    ArtifactRef model,
    String baseModel,
    @Nullable ArtifactRef base,
    ArtifactRef dataset,
    Lineage lineage,
    long trainedTokens,
    Map<String, Double> metrics,
    long createdAt,
    @Nullable RoutingSlip slip,
    @Nullable List<Warning> warnings,
    @Nullable String baseName,
    @Nullable ArtifactRef parentAdapter,
    @Nullable String task,
    @Nullable ArtifactRef record)
    implements EventData {

  /** The {@link #task()} of reward models. */
  public static final String SEQUENCE_CLASSIFICATION = "SEQ_CLS";

  /** What the model folder holds. */
  public enum Kind {
    ADAPTER,
    FULL
  }

  /** Whether it scores texts and writes none. */
  @JsonIgnore
  public boolean isRewardModel() {
    return SEQUENCE_CLASSIFICATION.equals(task);
  }

  @Override
  public String key() {
    return modelId;
  }
}
