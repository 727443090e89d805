package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.RowTensors;
import io.affinage.llm.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * The loss of a row and its gradients, block by block. Of a block only what its backward pass
 * cannot cheaply make again is kept, or nothing but its input, and then the block is computed again
 * (activation checkpointing, Chen et al. 2016). Blocks below the lowest trained array are not
 * differentiated.
 */
final class Backpropagation {
  private final Decoder decoder;
  private final Kernels kernels;
  private final Trainables trainables;
  private final boolean recompute;
  private final Regularisation regularisation;

  /**
   * @param settings whether activations inside blocks are computed twice instead of kept; dropout,
   *     noise and label smoothing
   */
  Backpropagation(Decoder decoder, Trainables trainables, TrainingSettings settings) {
    this.decoder = decoder;
    this.kernels = decoder.kernels();
    this.trainables = trainables;
    this.recompute = settings.recomputeActivations();
    this.regularisation = settings.regularisation();
  }

  /**
   * Adds a row's gradients, times {@code scale}, to the accumulators.
   *
   * @param noiseSeed decides what dropout drops, and the noise on embeddings
   * @return the sum over target tokens of -log p (with label smoothing, of the smoothed loss), nats
   */
  double accumulate(PrefixTreeRow row, double scale, long noiseSeed) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      RowTensors tensors = RowTensors.of(scope, decoder, row);
      int layers = decoder.blocks().size();
      NDArray[] inputs = new NDArray[layers];
      NDList[] kept = new NDList[layers];
      NDArray[] noise = new NDArray[layers];
      int lowest = trainables.lowestBlock();
      NDArray hidden = embedded(scope, tensors, row, noiseSeed);
      for (int block = 0; block < layers; block++) {
        noise[block] = noise(scope, noiseSeed, block);
        inputs[block] = hidden;
        boolean keeps = block >= lowest && !recompute;
        NDList results =
            call(
                scope,
                keeps ? "block_kept" : "block_forward",
                block,
                List.of(hidden),
                tensors,
                noise[block]);
        hidden = results.get(0);
        kept[block] = results.subNDList(1);
        if (block < lowest) {
          inputs[block].close();
        }
      }
      NDList head =
          kernels.differentiable(
              scope,
              "head_vjp",
              hidden,
              tensors.at(),
              tensors.target(),
              tensors.weight(),
              scope.create((float) scale),
              decoder.hostVector(scope, regularisation.labelSmoothing()),
              decoder.norm(),
              decoder.head(),
              trainables.headGradient().orElseGet(() -> scope.zeros(new Shape(0))));
      double loss = head.get(0).getFloat();
      NDArray upstream = head.get(1);
      trainables.addNormGradients(head.subNDList(2));
      for (int block = layers - 1; block >= lowest; block--) {
        if (recompute) {
          NDList results =
              call(scope, "block_kept", block, List.of(inputs[block]), tensors, noise[block]);
          results.get(0).close();
          kept[block] = results.subNDList(1);
        }
        NDList gradients =
            call(
                scope,
                "block_vjp",
                block,
                List.of(inputs[block], kept[block], upstream),
                tensors,
                noise[block]);
        trainables.addBlockGradients(block, gradients.subNDList(1));
        upstream.close();
        upstream = gradients.get(0);
        release(kept[block]);
        inputs[block].close();
      }
      if (trainables.trainsEmbedding()) {
        kernels.run(
            scope,
            "embed_vjp",
            upstream,
            tensors.tokens(),
            tensors.depths(),
            decoder.embedding(),
            decoder.positions(),
            trainables.embeddingGradients());
      }
      return loss;
    }
  }

  /** Embedded tokens, with each example's own noise where that is asked for. */
  private NDArray embedded(NDManager scope, RowTensors tensors, PrefixTreeRow row, long noiseSeed) {
    if (regularisation.neftuneAlpha() == 0) {
      return tensors.embedded();
    }
    int[] lengths = row.tree().textLengths();
    float[] magnitudes = new float[lengths.length];
    for (int node = 0; node < magnitudes.length; node++) {
      magnitudes[node] =
          (float)
              (regularisation.neftuneAlpha()
                  / Math.sqrt((double) lengths[node] * decoder.shape().hiddenSize()));
    }
    return kernels
        .differentiable(
            scope,
            "noisy",
            tensors.embedded(),
            scope.create(magnitudes, new Shape(magnitudes.length, 1)),
            decoder.hostVector(scope, noiseSeed & 0x7fffffffL))
        .singletonOrThrow();
  }

  /** Calls a block's kernel, which takes the same after its first arguments whatever it does. */
  private NDList call(
      NDManager scope,
      String method,
      int block,
      List<Object> first,
      RowTensors row,
      NDArray noise) {
    List<Object> arguments = new ArrayList<>(first);
    RowTensors.Layer layer = row.layers().get(block);
    arguments.addAll(List.of(layer.cos(), layer.sin(), row.gather(), row.outputs(), layer.mask()));
    arguments.add(decoder.blocks().get(block).arrays());
    arguments.add(trainables.adapter().block(block));
    arguments.add(noise);
    return kernels.differentiable(scope, method, arguments.toArray());
  }

  private NDArray noise(NDManager scope, long seed, int block) {
    return decoder.hostVector(scope, regularisation.dropout(), (seed * 31 + block) & 0x7fffffffL);
  }

  private static void release(NDList arrays) {
    arrays.forEach(NDArray::close);
  }
}
