package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;

/**
 * An adapter and a head of scores that were trained together: a reward model beside its base. PEFT
 * has them in one folder, for sequence classification, with the head among {@code modules_to_save}.
 */
public record ScoredAdapter(Adapter adapter, ScalarHead head) implements AutoCloseable {
  private static final String TASK = "SEQ_CLS";

  /** PEFT saves both, of which a model has one. */
  private static final Set<String> HEADS = Set.of("score", "classifier");

  /**
   * Whether a folder is an adapter's of this kind.
   *
   * @throws LlmException {@code adapter_config_invalid}
   */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(PeftConfig.FILE))
        && PeftConfig.json(folder).path("task_type").asText().equals(TASK);
  }

  /**
   * Writes both.
   *
   * @param baseModel {@code base_model_name_or_path}: what a reader loads the base by
   * @throws LlmException {@code adapter_not_written}, {@code checkpoint_not_written}
   */
  public void save(Path folder, String baseModel) {
    ObjectNode config = adapter.peftConfig(baseModel);
    config.put("task_type", TASK);
    config.putArray("modules_to_save").add("classifier").add("score");
    PeftConfig.write(folder, config);
    SafetensorsWriter writer = new SafetensorsWriter();
    adapter.stored().forEach(array -> writer.add(array.key(), array.values(), array.shape()));
    float[] weight = head.values();
    writer.add(ScalarHead.KEY, weight, new long[] {1, weight.length});
    writer.write(folder.resolve(PeftFolder.WEIGHTS));
  }

  /**
   * Writes the adapter of such a folder without its head into another, as an adapter of a language
   * model: what is there is trained further by whatever trains adapters.
   *
   * @throws LlmException {@code adapter_config_unsupported} for a folder of another task; {@code
   *     adapter_not_written}, {@code checkpoint_not_written}
   */
  public static void writeBody(Path folder, Path body) {
    ObjectNode config = PeftConfig.json(folder).deepCopy();
    requireScores(folder, config);
    PeftConfig.write(body, causal(config));
    Checkpoint weights = Checkpoint.open(folder.resolve(PeftFolder.WEIGHTS));
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String key : weights.names()) {
      if (!key.equals(ScalarHead.KEY)) {
        writer.add(key, weights.readFloats(key), weights.entry(key).shape());
      }
    }
    writer.write(body.resolve(PeftFolder.WEIGHTS));
  }

  /** What is left without the head is an adapter of the decoder. */
  private static ObjectNode causal(ObjectNode config) {
    config.put("task_type", "CAUSAL_LM");
    config.putNull("modules_to_save");
    return config;
  }

  /**
   * The head's weight of such a folder, [hidden].
   *
   * @throws LlmException {@code adapter_config_unsupported} for a folder of another task; {@code
   *     checkpoint_tensor_missing}
   */
  public static float[] headOf(Path folder) {
    requireScores(folder, PeftConfig.json(folder));
    return Checkpoint.open(folder.resolve(PeftFolder.WEIGHTS)).readFloats(ScalarHead.KEY);
  }

  /**
   * Loads both.
   *
   * @param padding a token that is never a text's last one, see {@link ScalarHead#of}
   * @throws LlmException {@code adapter_config_unsupported} for a folder of another task, and what
   *     {@link PeftFolder#load} throws
   */
  public static ScoredAdapter load(Decoder decoder, Path folder, OptionalInt padding) {
    ObjectNode config = PeftConfig.json(folder).deepCopy();
    requireScores(folder, config);
    causal(config);
    Checkpoint weights = Checkpoint.open(folder.resolve(PeftFolder.WEIGHTS));
    PeftSource source = new PeftSource(folder, config, AdapterNames.of(weights, decoder.config()));
    Adapter adapter = AdapterTypes.of(source).load(decoder, source);
    try {
      Shape shape = new Shape(1, decoder.shape().hiddenSize());
      float[] weight = source.values(ScalarHead.KEY, shape);
      source.requireAllRead();
      return new ScoredAdapter(adapter, ScalarHead.of(decoder, weight, padding));
    } catch (LlmException e) {
      adapter.close();
      throw e;
    }
  }

  private static void requireScores(Path folder, ObjectNode config) {
    boolean heads = config.path("modules_to_save").isArray();
    boolean score = false;
    for (JsonNode module : config.path("modules_to_save")) {
      heads &= HEADS.contains(module.asText());
      score |= module.asText().equals("score");
    }
    if (!config.path("task_type").asText().equals(TASK) || !heads || !score) {
      throw new LlmException(
          "adapter_config_unsupported",
          "%s: task_type %s with modules_to_save %s is no head of scores; supported is %s with score"
              .formatted(folder, config.path("task_type"), config.path("modules_to_save"), TASK));
    }
  }

  @Override
  public void close() {
    head.close();
    adapter.close();
  }
}
