package io.affinage.llm.model;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.Nf4Rounding;
import io.affinage.llm.checkpoint.RenamedCheckpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.WeightNames;
import io.affinage.llm.tensor.Precision;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Loads decoders from checkpoints, and reads their shape from configurations. */
public final class DecoderFiles {
  private static final String TIED = "tie_word_embeddings";

  private DecoderFiles() {}

  /**
   * Loads a decoder with plain weights.
   *
   * @param parent decides the device
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}, {@code
   *     checkpoint_shape_mismatch}, {@code checkpoint_tensor_unread}, {@code
   *     checkpoint_not_finite}, and what reading the checkpoint throws
   */
  public static Decoder load(NDManager parent, Checkpoint checkpoint, Precision precision) {
    return load(parent, checkpoint, precision, WeightForm.PLAIN);
  }

  /**
   * Loads a decoder.
   *
   * @param parent decides the device
   * @throws LlmException as above, and {@code weight_form_unsupported}
   */
  public static Decoder load(
      NDManager parent, Checkpoint checkpoint, Precision precision, WeightForm form) {
    return load(parent, checkpoint, precision, form, ResidentBlocks::new);
  }

  /**
   * Loads a decoder.
   *
   * @param parent decides the device
   * @param store has the blocks, {@code OnDemandBlocks::new} for a model larger than memory; the
   *     checkpoint stays open as long as the decoder
   * @throws LlmException as above, and {@code weight_form_unsupported}
   */
  public static Decoder load(
      NDManager parent,
      Checkpoint checkpoint,
      Precision precision,
      WeightForm form,
      BlockStore.Factory store) {
    DecoderConfig config = config(checkpoint);
    requireFit(checkpoint, config);
    if (form == WeightForm.FOUR_BIT && !hasFourBits(config, checkpoint)) {
      throw new LlmException(
          "weight_form_unsupported",
          "%s has no layer stored as Q4_0 or Q4_1, so none can be kept in 4 bits; open it as packed"
              .formatted(checkpoint.files().get(0)));
    }
    if (form == WeightForm.GGUF && !hasGgufBlocks(checkpoint)) {
      throw new LlmException(
          "weight_form_unsupported",
          "%s has no linear layer stored as Q4_0, Q4_1, Q8_0, Q4_K or Q6_K, so none can be kept as a GGUF file has it; use nf4"
              .formatted(checkpoint.files().get(0)));
    }
    return Decoder.create(
        parent,
        config,
        precision,
        form,
        (manager, kernels) ->
            new CheckpointSource(named(checkpoint, config), manager, kernels, false),
        store);
  }

  /**
   * Loads a decoder whose blocks in NF4 are read from their file when they are needed, a block
   * ahead, so that memory holds two or three of them: for a model larger than memory. Embedding and
   * head are mapped where the file has them in bfloat16: they count as the system's cache, not as
   * memory of the process, and cannot be trained. Where float32 is computed with, the head is
   * widened while it is used. The checkpoint stays open as long as the decoder.
   *
   * @param parent decides the device
   * @throws LlmException as above, and {@code weights_not_quantized} for a checkpoint without
   *     layers in NF4; while it is computed with, {@code checkpoint_unreadable} where the file is
   *     cut (where a part is cut that is mapped, the process ends)
   */
  public static Decoder stream(NDManager parent, Checkpoint checkpoint, Precision precision) {
    DecoderConfig config = config(checkpoint);
    requireFit(checkpoint, config);
    if (!Nf4Loader.isQuantized(checkpoint)) {
      throw new LlmException(
          "weights_not_quantized",
          "%s has no layer in NF4, and only such are streamed: quantize it into a folder first"
              .formatted(checkpoint.files().get(0)));
    }
    return Decoder.create(
        parent,
        config,
        precision,
        Nf4Loader.isNested(checkpoint) ? WeightForm.NF4_DOUBLE : WeightForm.NF4,
        (manager, kernels) ->
            new CheckpointSource(named(checkpoint, config), manager, kernels, true));
  }

  /**
   * The checkpoint by the decoder's names, where its files have those of the base alone, or of a
   * model that the decoder is the text model of, or a tied embedding under the head's name.
   */
  public static Checkpoint named(Checkpoint checkpoint, DecoderConfig config) {
    WeightNames names = config.names();
    Checkpoint named = prefixed(checkpoint, names);
    String head = names.head() + ".weight";
    String embedding = names.embedding() + ".weight";
    if (config.shape().tiedHead() && !named.contains(embedding) && named.contains(head)) {
      return new RenamedCheckpoint(
          named, name -> Optional.of(name.equals(head) ? embedding : name));
    }
    return named;
  }

  private static Checkpoint prefixed(Checkpoint checkpoint, WeightNames names) {
    if (names.enclosing().isPresent()) {
      return new RenamedCheckpoint(checkpoint, names.enclosing().get()::textName);
    }
    String head = names.head() + ".weight";
    String embedding = names.embedding() + ".weight";
    boolean bare =
        !checkpoint.contains(embedding)
            && embedding.startsWith(names.base())
            && checkpoint.contains(embedding.substring(names.base().length()));
    return bare
        ? new RenamedCheckpoint(
            checkpoint, name -> Optional.of(name.equals(head) ? name : names.base() + name))
        : checkpoint;
  }

  /**
   * The checkpoint with linear layers of the numbers that they have in a form: as it is for plain,
   * and where it is quantized already.
   */
  public static Checkpoint rounded(Checkpoint checkpoint, WeightForm form) {
    if (!form.nf4() || Nf4Loader.isQuantized(checkpoint)) {
      return checkpoint;
    }
    return new Nf4Rounding(checkpoint, matrices(checkpoint), form == WeightForm.NF4_DOUBLE);
  }

  /**
   * The weights of the linear layers of blocks, by the names that they have in files, and whether
   * they lie there as [in, out].
   */
  public static Map<String, Boolean> matrices(Checkpoint checkpoint) {
    DecoderConfig config = config(checkpoint);
    Map<String, Boolean> matrices = new HashMap<>();
    for (int layer = 0; layer < config.shape().layers(); layer++) {
      for (LinearLayer linear : config.linears()) {
        matrices.put(matrix(checkpoint, config, layer, linear), linear.transposed());
      }
    }
    return matrices;
  }

  /**
   * The name that a linear layer's weight has in files.
   *
   * @throws LlmException {@code checkpoint_tensor_missing}
   */
  public static String matrix(
      Checkpoint checkpoint, DecoderConfig config, int layer, LinearLayer linear) {
    return named(checkpoint, config)
        .entry(config.names().block(layer) + linear.path() + ".weight")
        .name();
  }

  private static boolean hasGgufBlocks(Checkpoint checkpoint) {
    return matrices(checkpoint).keySet().stream()
        .anyMatch(name -> GgufWeight.keeps(checkpoint.entry(name)));
  }

  /** Whether any linear layer of the first block can be kept in 4 bits. */
  static boolean hasFourBits(DecoderConfig config, Checkpoint checkpoint) {
    return config.linears().stream()
        .map(layer -> config.names().blocks() + "0." + layer.path() + ".weight")
        .anyMatch(name -> CheckpointSource.isFourBit(checkpoint, name));
  }

  /**
   * The configuration that a checkpoint has. Where it does not say whether the head is tied and
   * stores none, it is; where it says so and stores a head with other numbers than the embedding,
   * it is not, as the reference has it.
   *
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}
   */
  public static DecoderConfig config(Checkpoint checkpoint) {
    ModelMetadata source = checkpoint.config();
    DecoderConfig config = DecoderConfig.of(source);
    Checkpoint named = prefixed(checkpoint, config.names());
    boolean stored = named.contains(config.names().head() + ".weight");
    boolean silent = source.field(TIED).isEmpty();
    if (silent && !stored) {
      return tied(source, true);
    }
    return config.shape().tiedHead() && storesAnotherHead(named, config.names())
        ? tied(source, false)
        : config;
  }

  private static DecoderConfig tied(ModelMetadata source, boolean tied) {
    ObjectNode json = source.json();
    json.put(TIED, tied);
    return DecoderConfig.of(new ModelMetadata(source.source(), json));
  }

  /** Whether there are a head and an embedding, and a number of one is not the other's. */
  private static boolean storesAnotherHead(Checkpoint named, WeightNames names) {
    String head = names.head() + ".weight";
    String embedding = names.embedding() + ".weight";
    return named.contains(head)
        && named.contains(embedding)
        && !TensorEquality.equal(named, named.entry(head), named.entry(embedding));
  }

  /**
   * Holds the tensors to the configuration, by their headers.
   *
   * @throws LlmException {@code checkpoint_tensor_missing}, {@code checkpoint_shape_mismatch},
   *     {@code checkpoint_tensor_unread}
   */
  public static void requireFit(Checkpoint checkpoint, DecoderConfig config) {
    new CheckpointFit(named(checkpoint, config), config).require();
  }
}
