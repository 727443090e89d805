package io.affinage.llm.training.estimate;

import io.affinage.llm.model.BlockStore;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;
import io.affinage.llm.tensor.Precision;

/**
 * Bytes of a decoder's own weights.
 *
 * @param resident what stays in memory
 * @param buffers what blocks go through: dequantized, and where they are streamed packed too
 * @param onDisk what is read of the file for each pass over all blocks; 0 unless streamed
 * @param mapped what is mapped from the file, and counts as the system's cache; 0 unless streamed
 */
public record WeightMemory(long resident, long buffers, long onDisk, long mapped) {
  /** Blocks that two threads may have dequantized at once. */
  private static final int DEQUANTIZED = 2;

  /** Blocks for which streaming has room. */
  private static final int ROOMS = 2;

  /** In memory as a whole; {@code resident + buffers}. */
  public long bytes() {
    return resident + buffers;
  }

  /**
   * Of a configuration.
   *
   * @param streamed whether quantized blocks lie on disk
   */
  public static WeightMemory of(
      DecoderConfig config, Precision precision, WeightForm form, boolean streamed) {
    if (!form.nf4()) {
      // A packed head stands beside the embedding that it is tied to.
      boolean twice = form.packed() && config.shape().tiedHead();
      long head = (long) config.shape().vocabularySize() * config.shape().hiddenSize();
      return new WeightMemory(
          precision.bytes() * (config.parameters() + (twice ? head : 0)), 0, 0, 0);
    }
    long layers = config.shape().layers();
    long matrices = matrices(config);
    long packed =
        config.linears().stream()
            .mapToLong(layer -> packed(elements(layer), form == WeightForm.NF4_DOUBLE))
            .sum();
    long others = precision.bytes() * (config.parameters() - layers * matrices);
    long dequantized = DEQUANTIZED * precision.bytes() * matrices;
    if (!streamed) {
      return new WeightMemory(others + layers * packed, dequantized, 0, 0);
    }
    // Embedding and head are mapped in 16 bits; for float32 the head is widened while it is used,
    // beside the last block.
    long vocabulary = (long) config.shape().vocabularySize() * config.shape().hiddenSize();
    long embeddings = (config.shape().tiedHead() ? 1 : 2) * vocabulary;
    long head = precision == Precision.BFLOAT16 ? 0 : precision.bytes() * vocabulary;
    return new WeightMemory(
        others - precision.bytes() * embeddings,
        dequantized + head + ROOMS * packed,
        layers * packed,
        Precision.BFLOAT16.bytes() * embeddings);
  }

  /** Of a decoder some of whose weights are kept as their file has them. */
  public static WeightMemory of(
      DecoderConfig config, Precision precision, BlockStore.Packed packed) {
    long others = precision.bytes() * (config.parameters() - packed.elements());
    return new WeightMemory(
        others + packed.bytes(), DEQUANTIZED * precision.bytes() * matrices(config), 0, 0);
  }

  /** Elements of the linear layers of a block. */
  static long matrices(DecoderConfig config) {
    return config.linears().stream().mapToLong(WeightMemory::elements).sum();
  }

  private static long elements(LinearLayer layer) {
    return (long) layer.in() * layer.out();
  }

  /** Bytes of a matrix in NF4: codes, scales, and the scales' own. */
  private static long packed(long elements, boolean nested) {
    long blocks = Nf4.blocks(elements);
    int group = BlockScales.Nested.BLOCK;
    long scales = nested ? blocks + 4 * ((blocks + group - 1) / group) : 4 * blocks;
    return Nf4.bytes(elements) + scales + 4;
  }
}
