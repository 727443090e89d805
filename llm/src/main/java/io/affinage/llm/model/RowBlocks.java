package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Calls of a decoder's block kernels over one row of examples. */
public final class RowBlocks {
  private final NDManager scope;
  private final BlockGradient gradient;
  private final Kernels kernels;
  private final DecoderHandles handles;
  private final RowTensors tensors;
  private final List<NDArray> noise;

  private RowBlocks(
      NDManager scope,
      BlockGradient gradient,
      Kernels kernels,
      DecoderHandles handles,
      RowTensors tensors,
      List<NDArray> noise) {
    this.scope = scope;
    this.gradient = gradient;
    this.kernels = kernels;
    this.handles = handles;
    this.tensors = tensors;
    this.noise = noise;
  }

  /** Drops nothing. */
  public static RowBlocks of(
      NDManager scope, Decoder decoder, BlockAdapter adapter, RowTensors tensors) {
    return of(scope, decoder, adapter, DecoderHandles.of(decoder, adapter), tensors);
  }

  /**
   * Drops nothing.
   *
   * @param handles of the decoder and the adapter
   */
  static RowBlocks of(
      NDManager scope,
      Decoder decoder,
      BlockAdapter adapter,
      DecoderHandles handles,
      RowTensors tensors) {
    NDArray silence = decoder.hostVector(scope, 0, 0);
    return new RowBlocks(
        scope,
        BlockGradient.of(adapter),
        decoder.kernels(adapter),
        handles,
        tensors,
        Collections.nCopies(decoder.shape().layers(), silence));
  }

  /**
   * In training.
   *
   * @param scope owns what calls return
   * @param gradient how gradients will be found
   * @param kernels those in which the adapter of {@code handles} has its place
   * @param noise by block, [2] float64 on the CPU: probability and seed of the adapter's dropout
   */
  public static RowBlocks of(
      NDManager scope,
      BlockGradient gradient,
      Kernels kernels,
      DecoderHandles handles,
      RowTensors tensors,
      List<NDArray> noise) {
    return new RowBlocks(scope, gradient, kernels, handles, tensors, noise);
  }

  /** The last block's output [nodes, hidden], each block's dropped when it was read. */
  public NDArray output() {
    NDArray hidden = tensors.embedded();
    for (int block = 0; block < tensors.layers().size(); block++) {
      NDArray output = forward(block, hidden);
      hidden.close();
      hidden = output;
    }
    return hidden;
  }

  /** A block's output [nodes, hidden]. */
  public NDArray forward(int block, NDArray hidden) {
    return call(gradient.forward(), block, hidden).singletonOrThrow();
  }

  private List<NDArray> adapter(int block) {
    List<NDArray> arrays = handles.adapters().get(block);
    if (!handles.readsTokens()) {
      return arrays;
    }
    List<NDArray> withTokens = new ArrayList<>(arrays);
    withTokens.add(tensors.tokens());
    return withTokens;
  }

  /**
   * The keys and values of a text's tokens at every layer, as a cache would hold them.
   *
   * @return by layer, keys and then values, each [tokens, kvHeads * headDim], row-major
   */
  public static List<List<float[]>> keysAndValues(Decoder decoder, int[] text) {
    TokenizedExample example = new TokenizedExample("text", text, new int[0]);
    try (NDManager scope = decoder.manager().newSubManager()) {
      RowTensors tensors =
          RowTensors.of(
              scope, decoder, decoder.withoutAdapter(), PrefixTreeRow.of(List.of(example), false));
      RowBlocks blocks = of(scope, decoder, decoder.withoutAdapter(), tensors);
      List<List<float[]>> result = new ArrayList<>();
      NDArray hidden = tensors.embedded();
      for (int block = 0; block < decoder.shape().layers(); block++) {
        NDList computed = blocks.call("keys_and_values", block, hidden);
        result.add(List.of(computed.get(0).toFloatArray(), computed.get(1).toFloatArray()));
        hidden = blocks.forward(block, hidden);
      }
      return result;
    }
  }

  /**
   * Calls a kernel of a block, which takes the same after its first arguments whatever it does.
   *
   * @param first arrays, or lists of arrays
   */
  public NDList call(String kernel, int block, Object... first) {
    RowTensors.Layer layer = tensors.layers().get(block);
    List<Object> arguments = new ArrayList<>(Arrays.asList(first));
    arguments.addAll(
        List.of(layer.cos(), layer.sin(), tensors.gather(), tensors.outputs(), layer.mask()));
    arguments.add(handles.blocks().acquire(block));
    try {
      arguments.add(adapter(block));
      arguments.add(noise.get(block));
      return kernels.differentiable(scope, kernel, arguments.toArray());
    } finally {
      handles.blocks().release(block);
    }
  }
}
