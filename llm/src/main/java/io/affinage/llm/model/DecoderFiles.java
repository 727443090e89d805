package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
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
    DecoderConfig config = config(checkpoint);
    return Decoder.create(
        parent,
        config,
        precision,
        (manager, kernels) -> {
          RowLoader loader = new RowLoader(manager, kernels);
          return (name, expected, transposed) -> array(loader, checkpoint, name, expected);
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
   * The configuration that a checkpoint has. Where it does not say whether the head is tied and
   * stores none, it is.
   *
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}
   */
  public static DecoderConfig config(Checkpoint checkpoint) {
    ModelMetadata source = checkpoint.config();
    DecoderConfig config = DecoderConfig.of(source);
    boolean silent = source.field("tie_word_embeddings").isEmpty();
    if (silent && !checkpoint.contains(config.names().head() + ".weight")) {
      ObjectNode json = source.json();
      json.put("tie_word_embeddings", true);
      return DecoderConfig.of(new ModelMetadata(source.source(), json));
    }
    return config;
  }
}
