package io.affinage.llm;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.Nf4Folder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model's folder with its linear layers in NF4, for training beside it and for transformers. */
public final class QuantizedFolder {
  private QuantizedFolder() {}

  /**
   * Quantizes a model of any size, some rows at a time; goes on where an earlier attempt ended.
   *
   * @param model a Hugging Face folder
   * @param target a folder that does not exist or is empty
   * @param nested whether scales are quantized too (double quantization)
   * @param compute in which readers shall compute
   * @throws LlmException {@code checkpoint_quantization_unsupported}, and what {@link
   *     Nf4Folder#write} and opening the model throw
   */
  public static void write(
      Path model, Path target, boolean nested, Precision compute, Nf4Folder.Progress progress) {
    Checkpoint checkpoint = Checkpoint.open(model);
    if (!Files.isDirectory(model) || checkpoint.tokenizer().isPresent()) {
      throw new LlmException(
          "checkpoint_quantization_unsupported",
          model + " is no folder with safetensors, which alone are quantized into a folder");
    }
    DecoderFiles.requireFit(checkpoint, DecoderFiles.config(checkpoint));
    new Nf4Folder(
            checkpoint,
            model,
            DecoderFiles.matrices(checkpoint),
            nested,
            compute.torchName(),
            Nf4Folder.SHARD_BYTES)
        .write(target, progress);
  }
}
