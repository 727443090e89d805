package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RowTensors;
import java.util.ArrayList;
import java.util.List;

/**
 * The way of a row through the blocks and back. Of a block only what its backward pass cannot
 * cheaply make again is kept, or nothing but its input, and then the block is computed again
 * (activation checkpointing, Chen et al. 2016). Blocks below the lowest trained array are not
 * differentiated.
 */
final class RowPass {
  private final Decoder decoder;
  private final PassHandles handles;
  private final Trainables trainables;
  private final TrainingSettings settings;
  private final NDManager scope;
  private final RowTensors tensors;
  private final int layers;
  private final int lowest;
  private final NDArray[] inputs;
  private final NDArray[] noise;
  private final NDList[] kept;

  /**
   * @param scope owns what the pass makes
   * @param noiseSeed decides what dropout drops
   */
  RowPass(
      Decoder decoder,
      PassHandles handles,
      Trainables trainables,
      TrainingSettings settings,
      NDManager scope,
      RowTensors tensors,
      long noiseSeed) {
    this.decoder = decoder;
    this.handles = handles;
    this.trainables = trainables;
    this.settings = settings;
    this.scope = scope;
    this.tensors = tensors;
    this.layers = decoder.blocks().size();
    this.lowest = trainables.lowestBlock();
    this.inputs = new NDArray[layers];
    this.kept = new NDList[layers];
    this.noise = new NDArray[layers];
    for (int block = 0; block < layers; block++) {
      long seed = (noiseSeed * 31 + block) & 0x7fffffffL;
      noise[block] = decoder.hostVector(scope, settings.regularisation().dropout(), seed);
    }
  }

  /** Takes the gradients of a block's trained arrays, in order, and owns them. */
  @FunctionalInterface
  interface BlockGradients {
    void take(int block, NDList gradients);
  }

  /**
   * What a pass ends with.
   *
   * @param loss the sum over target tokens, nats
   * @param upstream the gradient of what the lowest differentiated block read, [nodes, hidden]
   */
  record Result(double loss, NDArray upstream) {}

  /**
   * Forward and back.
   *
   * @param embedded what the first block reads, [nodes, hidden]
   * @param scale multiplies gradients
   */
  Result run(NDArray embedded, double scale, BlockGradients found) {
    NDList head =
        decoder
            .kernels()
            .differentiable(
                scope,
                "head_vjp",
                forward(embedded),
                tensors.at(),
                tensors.target(),
                tensors.weight(),
                scope.create((float) scale),
                decoder.hostVector(scope, settings.regularisation().labelSmoothing()),
                handles.norm(),
                handles.head(),
                trainables.headGradient().orElseGet(() -> scope.zeros(new Shape(0))));
    double loss = head.get(0).getFloat();
    trainables.addNormGradients(head.subNDList(2));
    return new Result(loss, backward(head.get(1), found));
  }

  private NDArray forward(NDArray embedded) {
    NDArray hidden = embedded;
    for (int block = 0; block < layers; block++) {
      inputs[block] = hidden;
      boolean keeps = block >= lowest && !settings.recomputeActivations();
      NDList results = call(keeps ? "block_kept" : "block_forward", block, List.of(hidden));
      hidden = results.get(0);
      kept[block] = results.subNDList(1);
      if (block < lowest) {
        inputs[block].close();
      }
    }
    return hidden;
  }

  private NDArray backward(NDArray gradient, BlockGradients found) {
    NDArray upstream = gradient;
    for (int block = layers - 1; block >= lowest; block--) {
      if (settings.recomputeActivations()) {
        NDList results = call("block_kept", block, List.of(inputs[block]));
        results.get(0).close();
        kept[block] = results.subNDList(1);
      }
      NDList gradients = call("block_vjp", block, List.of(inputs[block], kept[block], upstream));
      found.take(block, gradients.subNDList(1));
      upstream.close();
      upstream = gradients.get(0);
      kept[block].forEach(NDArray::close);
      inputs[block].close();
    }
    return upstream;
  }

  /** Calls a block's kernel, which takes the same after its first arguments whatever it does. */
  private NDList call(String method, int block, List<Object> first) {
    List<Object> arguments = new ArrayList<>(first);
    RowTensors.Layer layer = tensors.layers().get(block);
    arguments.addAll(
        List.of(layer.cos(), layer.sin(), tensors.gather(), tensors.outputs(), layer.mask()));
    arguments.add(handles.blocks().get(block));
    arguments.add(handles.adapters().get(block));
    arguments.add(noise[block]);
    return decoder.kernels().differentiable(scope, method, arguments.toArray());
  }
}
