package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** What an adapter puts beside the linear layers of a decoder. */
public interface BlockAdapter {

  /**
   * The arrays that block kernels take: A [r, in] and B [out, r] for each {@link
   * io.affinage.llm.model.config.LinearSlot} in order (both empty where a slot has none), then the
   * scaling as a scalar on the CPU.
   */
  List<NDArray> block(int layer);
}
