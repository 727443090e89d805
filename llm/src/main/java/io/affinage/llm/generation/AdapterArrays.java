package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An adapter's arrays as generation takes them.
 *
 * @param blocks the arrays at each block
 * @param readsTokens whether the tokens of prompts follow these while prompts are computed
 */
record AdapterArrays(List<List<NDArray>> blocks, boolean readsTokens) {

  static AdapterArrays of(Decoder decoder, BlockAdapter adapter) {
    return new AdapterArrays(
        IntStream.range(0, decoder.shape().layers()).mapToObj(adapter::block).toList(),
        adapter.readsTokens());
  }

  /** The arrays at each block while prompts of these tokens are computed. */
  List<List<NDArray>> readingOf(NDArray tokens) {
    return readsTokens
        ? blocks.stream()
            .map(arrays -> Stream.concat(arrays.stream(), Stream.of(tokens)).toList())
            .toList()
        : blocks;
  }
}
