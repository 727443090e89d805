package io.affinage.llm.export;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.LinearLayer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The weights of a model's files as they are: exact, whatever precision a live copy of them
 * computes in, and without that copy.
 */
final class CheckpointWeights implements Weights {
  private final Checkpoint checkpoint;
  private final Set<String> names;

  CheckpointWeights(Checkpoint checkpoint) {
    this(checkpoint, checkpoint.names());
  }

  private CheckpointWeights(Checkpoint checkpoint, Set<String> names) {
    this.checkpoint = checkpoint;
    this.names = names;
  }

  /**
   * Those of a checkpoint's weights that the decoder made from it has: files may hold more, such as
   * GPT-2's masks or a head that repeats the embedding.
   */
  static CheckpointWeights of(Checkpoint checkpoint, Decoder decoder) {
    Set<String> names = new TreeSet<>();
    decoder.forEachWeight((name, array) -> names.add(name));
    Checkpoint named = DecoderFiles.named(checkpoint, decoder.config());
    requirePlainOrder(named, decoder);
    return new CheckpointWeights(named, names);
  }

  /** Quantized weights of GPT-2 lie as [out, in], plain ones as [in, out]. */
  private static void requirePlainOrder(Checkpoint named, Decoder decoder) {
    String block = decoder.config().names().block(0);
    for (LinearLayer layer : decoder.config().linears()) {
      TensorEntry entry = named.entry(block + layer.path() + ".weight");
      if (layer.transposed() && entry.type() == StorageType.NF4) {
        throw new LlmException(
            "export_unsupported",
            "%s: %s is quantized, and quantized weights of %s lie otherwise than plain ones: export from the model that was quantized"
                .formatted(
                    entry.file(), entry.name(), decoder.config().architecture().className()));
      }
    }
  }

  @Override
  public List<Weight> list() {
    return names.stream()
        .sorted()
        .map(name -> new Weight(name, checkpoint.entry(name).shape()))
        .toList();
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    checkpoint.readRows(
        checkpoint.entry(weight.name()), firstRow, rows, FloatBuffer.wrap(destination));
  }
}
