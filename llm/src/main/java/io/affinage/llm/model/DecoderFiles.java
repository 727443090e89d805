package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Precision;
import java.util.Arrays;

/** Loads decoders from checkpoints, and reads their shape from configurations. */
public final class DecoderFiles {
  private DecoderFiles() {}

  /**
   * Loads a decoder.
   *
   * @param parent decides the device
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}, {@code
   *     checkpoint_shape_mismatch}, and what reading the checkpoint throws
   */
  public static Decoder load(NDManager parent, Checkpoint checkpoint, Precision precision) {
    DecoderShape shape = shape(checkpoint);
    return Decoder.create(
        parent,
        shape,
        precision,
        (manager, kernels) -> {
          RowLoader loader = new RowLoader(manager, kernels);
          return (name, expected) -> array(loader, checkpoint, name, expected);
        });
  }

  private static NDArray array(
      RowLoader loader, Checkpoint checkpoint, String name, Shape expected) {
    TensorEntry entry = checkpoint.entry(name);
    if (!Arrays.equals(entry.shape(), expected.getShape())) {
      throw new LlmException(
          "checkpoint_shape_mismatch",
          "%s: tensor %s is %s, but the configuration says %s"
              .formatted(entry.file(), name, Arrays.toString(entry.shape()), expected));
    }
    return loader.load(checkpoint, entry);
  }

  /**
   * The shape that a checkpoint's configuration and tensors have.
   *
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}
   */
  public static DecoderShape shape(Checkpoint checkpoint) {
    ModelMetadata config = checkpoint.config();
    JsonNode json = config.json();
    String architecture =
        json.path("architectures").path(0).asText(json.path("model_type").asText());
    if (!architecture.equals("LlamaForCausalLM") && !architecture.equals("llama")) {
      throw new LlmException(
          "model_architecture_unsupported",
          "architecture '" + architecture + "' is not supported; supported is LlamaForCausalLM");
    }
    refuse(config, "attention_bias", "attention with biases");
    refuse(config, "mlp_bias", "feed-forward layers with biases");
    JsonNode scaling = json.path("rope_scaling");
    String scalingType = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    if (scaling.isObject() && !scalingType.equals("default")) {
      throw new LlmException(
          "model_architecture_unsupported",
          "rope_scaling '"
              + scalingType
              + "' is not supported; supported is the default rotary embedding");
    }
    String activation = json.path("hidden_act").asText("silu");
    if (!activation.equals("silu")) {
      throw new LlmException(
          "model_architecture_unsupported",
          "hidden_act '" + activation + "' is not supported; supported is silu");
    }
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    try {
      return new DecoderShape(
          config.positive("vocab_size"),
          hidden,
          config.positive("intermediate_size"),
          config.positive("num_hidden_layers"),
          heads,
          config.positive("num_key_value_heads", heads),
          config.positive("head_dim", Math.max(1, hidden / heads)),
          config.number("rms_norm_eps", 1e-6),
          ropeTheta(config),
          config.positive("max_position_embeddings", 2048),
          config.flag("tie_word_embeddings", false) || !checkpoint.contains("lm_head.weight"));
    } catch (IllegalArgumentException e) {
      throw new LlmException("config_invalid", e.getMessage(), e);
    }
  }

  /** Newer configurations keep the base inside {@code rope_parameters}. */
  private static double ropeTheta(ModelMetadata config) {
    JsonNode parameters = config.json().path("rope_parameters").path("rope_theta");
    return parameters.isNumber() ? parameters.asDouble() : config.number("rope_theta", 10_000);
  }

  private static void refuse(ModelMetadata config, String field, String what) {
    if (config.flag(field, false)) {
      throw new LlmException(
          "model_architecture_unsupported", field + " is set, but " + what + " are not supported");
    }
  }
}
