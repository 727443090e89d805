package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.PeftFields;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** An adapter's files, its arrays crossed off as they are read. */
public final class PeftSource implements ParameterSource {
  private final Path folder;
  private final ObjectNode json;
  private final Checkpoint weights;
  private final Set<String> unread;

  /**
   * @param json {@code adapter_config.json}
   * @param weights by PEFT's keys for the base model
   */
  PeftSource(Path folder, ObjectNode json, Checkpoint weights) {
    this.folder = folder;
    this.json = json;
    this.weights = weights;
    this.unread = new TreeSet<>(weights.names());
  }

  public Path folder() {
    return folder;
  }

  /** The fields of {@code adapter_config.json}, none crossed off yet. */
  public PeftFields fields() {
    return fields(folder, json);
  }

  static PeftFields fields(Path folder, ObjectNode json) {
    return new PeftFields(folder.resolve(PeftConfig.FILE).toString(), json, PeftConfig.IRRELEVANT);
  }

  ObjectNode json() {
    return json;
  }

  Checkpoint weights() {
    return weights;
  }

  /**
   * @throws LlmException {@code adapter_config_unsupported} for another task than a language
   *     model's; {@code model_is_reward_model} for one that scores texts
   */
  public void requireCausal(PeftConfig.Base base) {
    if (base.taskType().equals("SEQ_CLS")) {
      throw new LlmException(
          "model_is_reward_model",
          folder
              + " is a reward model (task_type SEQ_CLS): it scores texts, and has no head to write or predict them with");
    }
    if (!base.taskType().equals("CAUSAL_LM")) {
      throw new LlmException(
          "adapter_config_unsupported",
          "%s: task_type %s is not supported; supported is CAUSAL_LM"
              .formatted(folder, base.taskType()));
    }
  }

  @Override
  public float[] values(String key, Shape shape) {
    if (!weights.names().contains(key)) {
      throw new LlmException(
          "adapter_invalid",
          "%s lacks %s, which its configuration asks for".formatted(weights.files().get(0), key));
    }
    unread.remove(key);
    TensorEntry entry = weights.entry(key);
    if (!Arrays.equals(entry.shape(), shape.getShape())) {
      throw new LlmException(
          "adapter_invalid",
          "%s: %s is %s, but the base model needs %s"
              .formatted(entry.file(), key, Arrays.toString(entry.shape()), shape));
    }
    float[] values = weights.readFloats(key);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new LlmException(
            "adapter_not_finite",
            "%s: %s has %s at %s: the file is damaged, or the training that wrote it diverged"
                .formatted(entry.file(), key, values[i], place(i, shape)));
      }
    }
    return values;
  }

  private static List<Long> place(long index, Shape shape) {
    return shape.dimension() == 2
        ? List.of(index / shape.get(1), index % shape.get(1))
        : List.of(index);
  }

  /**
   * @throws LlmException {@code adapter_invalid} where arrays are left
   */
  void requireAllRead() {
    if (!unread.isEmpty()) {
      throw new LlmException(
          "adapter_invalid",
          folder + " has matrices that the base model has no place for: " + unread);
    }
  }
}
