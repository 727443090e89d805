package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Optional;

/** What an adapter puts into the blocks of a decoder, as kernels take it. */
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
}
