package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * The handles by which calls name a decoder's weights and its adapter to the kernels. Of a handle
 * only one call at a time can make use, so threads need each their own.
 *
 * @param blocks the weights of each block
 * @param adapters arrays of the adapter at each block
 * @param readsTokens whether the tokens of what is computed follow these
 * @param norm weight and bias of the final norm
 * @param head of the output layer
 */
public record DecoderHandles(
    BlockHandles blocks,
    List<List<NDArray>> adapters,
    boolean readsTokens,
    List<NDArray> norm,
    NDArray head) {

  public static DecoderHandles of(Decoder decoder, BlockAdapter adapter) {
    List<List<NDArray>> adapters = new ArrayList<>();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      adapters.add(adapter.block(block));
    }
    return new DecoderHandles(
        BlockHandles.of(decoder.blocks()),
        adapters,
        adapter.readsTokens(),
        decoder.norm(),
        decoder.head());
  }

  /** The same arrays by other handles, which {@code scope} owns. */
  public DecoderHandles aliases(NDManager scope) {
    return new DecoderHandles(
        blocks.aliases(scope),
        adapters.stream().map(arrays -> aliases(scope, arrays)).toList(),
        readsTokens,
        aliases(scope, norm),
        Kernels.alias(scope, head));
  }

  private static List<NDArray> aliases(NDManager scope, List<NDArray> arrays) {
    return arrays.stream().map(array -> Kernels.alias(scope, array)).toList();
  }
}
