package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.DecoderConfig;

/** Gives the weights of a decoder by Hugging Face's names. */
@FunctionalInterface
public interface WeightSource {
  /**
   * The array of this name on the decoder's device and in its precision, owned by its manager.
   *
   * @param shape as kernels take it
   * @param transposed whether Hugging Face's files have it the other way round
   */
  NDArray load(String name, Shape shape, boolean transposed);

  /**
   * An embedding or a head. Where {@link #mapsEmbeddings} it may lie in a mapped file, and must not
   * be written to.
   */
  default NDArray loadEmbedding(String name, Shape shape) {
    return load(name, shape, false);
  }

  /** Whether embeddings and heads are mapped, where they lie in the file as kernels take them. */
  default boolean mapsEmbeddings() {
    return false;
  }

  /** Whether the source has this matrix in 4 bits that kernels can multiply by as they are. */
  default boolean isFourBit(String name) {
    return false;
  }

  /**
   * The blocks of a decoder with their linear layers in NF4, dequantized when they are acquired.
   *
   * @param nested whether scales are quantized too, where the source has no layer in NF4 already
   */
  default BlockStore nf4Blocks(DecoderConfig config, boolean nested) {
    throw new IllegalStateException("the source cannot be quantized");
  }

  /** The blocks of a decoder with their linear layers as a GGUF file has them. */
  default BlockStore ggufBlocks(DecoderConfig config) {
    throw new IllegalStateException("the source is no GGUF file");
  }

  /**
   * A matrix in 4 bits: codes [out, in] int32 and scales [in / 32, out, 2] as kernels take them.
   *
   * @param scope owns the result
   */
  default NDList loadFourBit(NDManager scope, String name, Shape shape) {
    throw new IllegalStateException(name + " is not in 4 bits");
  }
}
