package io.affinage.llm.model;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.model.config.WeightNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Holds the tensors of a checkpoint to what its configuration says, by headers alone: none may be
 * missing or of another shape, and none that belongs to a part of the decoder may be left unread (a
 * third layer of a model of two, a bias where layers have none): the model would be another one.
 *
 * <p>Error codes: {@code checkpoint_tensor_missing}, {@code checkpoint_shape_mismatch}, {@code
 * checkpoint_tensor_unread}.
 */
final class CheckpointFit {
  /** What old versions of the reference saved beside weights: masks and frequencies. */
  private static final Pattern BUFFER =
      Pattern.compile(
          ".*\\.rotary_emb\\.inv_freq|.*\\.(attn|attention)\\.(masked_)?bias|.*\\.rotary_emb\\.(cos|sin)_cached");

  private final Checkpoint checkpoint;
  private final DecoderConfig config;
  private final Map<String, long[]> expected;

  /** Shapes of weights that lie turned in files, unless they are quantized. */
  private final Map<String, long[]> turned;

  /**
   * @param checkpoint by the decoder's names
   */
  CheckpointFit(Checkpoint checkpoint, DecoderConfig config) {
    this.checkpoint = checkpoint;
    this.config = config;
    this.expected = expected(config);
    this.turned = turned(config);
  }

  /** The weights of a decoder as files store them. */
  private static Map<String, long[]> expected(DecoderConfig config) {
    DecoderShape shape = config.shape();
    WeightNames names = config.names();
    long hidden = shape.hiddenSize();
    Map<String, long[]> weights = new TreeMap<>();
    weights.put(names.embedding() + ".weight", new long[] {shape.vocabularySize(), hidden});
    names
        .positions()
        .ifPresent(
            name -> weights.put(name + ".weight", new long[] {shape.maxPositions(), hidden}));
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (BlockWeight weight : config.blockWeights()) {
        weights.put(names.blocks() + layer + "." + weight.path(), stored(weight));
      }
    }
    weights.put(names.finalNorm() + ".weight", new long[] {hidden});
    if (config.normalization().hasBias()) {
      weights.put(names.finalNorm() + ".bias", new long[] {hidden});
    }
    if (!shape.tiedHead()) {
      weights.put(names.head() + ".weight", new long[] {shape.vocabularySize(), hidden});
    }
    return weights;
  }

  private static Map<String, long[]> turned(DecoderConfig config) {
    Map<String, long[]> weights = new TreeMap<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      for (BlockWeight weight : config.blockWeights()) {
        if (weight.transposed()) {
          weights.put(
              config.names().blocks() + layer + "." + weight.path(),
              new long[] {weight.rows(), weight.columns()});
        }
      }
    }
    return weights;
  }

  private static long[] stored(BlockWeight weight) {
    if (weight.columns() == 0) {
      return new long[] {weight.rows()};
    }
    return weight.transposed()
        ? new long[] {weight.columns(), weight.rows()}
        : new long[] {weight.rows(), weight.columns()};
  }

  /**
   * @throws LlmException as above
   */
  void require() {
    expected.forEach(
        (name, stored) -> {
          TensorEntry entry = checkpoint.entry(name);
          long[] shape =
              turned.containsKey(name) && entry.type() == StorageType.NF4
                  ? turned.get(name)
                  : stored;
          if (!Arrays.equals(entry.shape(), shape)) {
            throw new LlmException(
                "checkpoint_shape_mismatch",
                "%s: tensor %s is %s, but the configuration says %s"
                    .formatted(
                        entry.file(),
                        entry.name(),
                        Arrays.toString(entry.shape()),
                        Arrays.toString(shape)));
          }
        });
    List<String> unread = unread(true);
    if (!unread.isEmpty()) {
      throw new LlmException(
          "checkpoint_tensor_unread",
          "%s has %d tensors that a %s of %d layers as config.json describes it does not read (%s): the configuration belongs to another model, or lacks what switches them on"
              .formatted(
                  checkpoint.files().get(0),
                  unread.size(),
                  config.architecture().className(),
                  config.shape().layers(),
                  some(unread)));
    }
  }

  /** Tensors of no part of the decoder, as the file names them. */
  List<String> unreadBeside() {
    return unread(false);
  }

  /** A few of the names, and how many more there are. */
  static String some(List<String> names) {
    int shown = 5;
    String first = String.join(", ", names.subList(0, Math.min(shown, names.size())));
    return names.size() > shown ? first + ", and %d more".formatted(names.size() - shown) : first;
  }

  private List<String> unread(boolean ofDecoder) {
    List<String> unread = new ArrayList<>();
    String head = config.names().head() + ".weight";
    for (String name : checkpoint.names()) {
      boolean repeatsEmbedding = config.shape().tiedHead() && name.equals(head);
      if (!expected.containsKey(name)
          && !repeatsEmbedding
          && !BUFFER.matcher(name).matches()
          && isOfDecoder(name) == ofDecoder) {
        unread.add(checkpoint.entry(name).name());
      }
    }
    return unread;
  }

  private boolean isOfDecoder(String name) {
    WeightNames names = config.names();
    return name.startsWith(names.blocks())
        || name.startsWith(names.embedding() + ".")
        || name.startsWith(names.finalNorm() + ".")
        || name.startsWith(names.head() + ".")
        || names.positions().filter(module -> name.startsWith(module + ".")).isPresent();
  }
}
