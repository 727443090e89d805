package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Optional;

/** What an adapter puts before and into the blocks of a decoder, as kernels take it. */
public interface BlockAdapter {

  /**
   * The kernel fragment whose methods take the places of those in {@code adapter.pyt}, by its name
   * in the kernels folder; none where those are the adapter's, as they are LoRA's.
   */
  default Optional<String> fragment() {
    return Optional.empty();
  }

  /** The adapter's arrays at this layer; their layout is the fragment's. */
  List<NDArray> block(int layer);

  /**
   * What the first block reads for virtual tokens, which stand before every text and are computed
   * as its first tokens are: [virtual tokens, hidden].
   */
  default Optional<NDArray> prompt() {
    return Optional.empty();
  }

  /**
   * Whether its arrays at a layer are followed by the tokens [nodes] int64 of what is computed,
   * wherever virtual ones may be among them.
   */
  default boolean readsTokens() {
    return false;
  }

  /** Number of virtual tokens, which count towards the model's context. */
  default int virtualTokens() {
    return prompt().map(rows -> Math.toIntExact(rows.getShape().get(0))).orElse(0);
  }
}
