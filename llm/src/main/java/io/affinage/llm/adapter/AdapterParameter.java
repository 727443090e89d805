package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;

/**
 * A trained array of an adapter.
 *
 * @param key PEFT's, without the adapter's name; a part of one where PEFT stores several together
 * @param layer of the decoder that it belongs to; {@link #BEFORE_BLOCKS} for rows of virtual tokens
 * @param array float32
 * @param role what learning rates go by
 */
public record AdapterParameter(String key, int layer, NDArray array, Role role) {
  /** Stands where a layer does, of an array that the first block reads. */
  public static final int BEFORE_BLOCKS = -1;

  /** Which of an adapter's arrays it is. */
  public enum Role {
    /** The narrowing matrix of a low-rank product. */
    LOW_RANK_A,
    /** The widening matrix of a low-rank product, which LoRA+ trains faster. */
    LOW_RANK_B,
    /** Any other. */
    OTHER
  }
}
