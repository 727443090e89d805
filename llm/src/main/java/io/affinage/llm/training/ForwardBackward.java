package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.BlockGradient;
import io.affinage.llm.model.BlockStore;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.RowBlocks;
import io.affinage.llm.model.RowTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way of a row through the blocks and back. Of a block only what its backward pass cannot
 * cheaply make again is saved, or nothing but its input, and then the block is computed again
 * (activation checkpointing, Chen et al. 2016). Blocks below the lowest trained array are not
 * differentiated.
 */
final class ForwardBackward {
  private final TrainingSettings settings;
  private final NDManager scope;
  private final RowTensors tensors;
  private final BlockStore store;
  private final RowBlocks blocks;
  private final Head head;
  private final boolean writtenOut;
  private final int layers;
  private final int lowest;
  private final NDArray[] inputs;
  private final NDList[] saved;

  /**
   * @param scope owns what the pass makes
   * @param gradient how the gradients of blocks are found
   * @param reading of a language model's head
   * @param noiseSeed decides what dropout drops
   */
  ForwardBackward(
      Decoder decoder,
      DecoderHandles handles,
      Trainables trainables,
      TrainingSettings settings,
      NDManager scope,
      RowTensors tensors,
      BlockGradient gradient,
      Reading reading,
      long noiseSeed) {
    this.settings = settings;
    this.scope = scope;
    this.tensors = tensors;
    this.writtenOut = gradient == BlockGradient.WRITTEN_OUT;
    this.store = decoder.blocks();
    this.layers = decoder.shape().layers();
    this.lowest = trainables.lowestBlock();
    this.inputs = new NDArray[layers];
    this.saved = new NDList[layers];
    List<NDArray> noise = new ArrayList<>();
    for (int block = 0; block < layers; block++) {
      long seed = dropoutSeed(noiseSeed, block);
      noise.add(decoder.hostVector(scope, settings.regularisation().dropout(), seed));
    }
    this.blocks =
        RowBlocks.of(
            scope, gradient, decoder.kernels(trainables.adapter()), handles, tensors, noise);
    this.head = head(decoder, handles, trainables, reading);
  }

  private Head head(
      Decoder decoder, DecoderHandles handles, Trainables trainables, Reading reading) {
    if (trainables.scalarHead().isPresent()) {
      return new ScalarHeadPass(scope, decoder, handles, trainables.scalarHead().get(), tensors);
    }
    LanguageModelHead policy =
        new LanguageModelHead(scope, decoder, handles, trainables, tensors, reading);
    return trainables
        .valueHead()
        .<Head>map(
            value ->
                new PolicyValueHead(
                    scope, policy, new ScalarHeadPass(scope, decoder, handles, value, tensors)))
        .orElse(policy);
  }

  /**
   * What decides what dropout drops in a block. Differs from block to block, and by the pass it is
   * as good as random, so that no block repeats what another drops in the next pass. 29 bits: the
   * kernel multiplies it by the linear layers of a block, and the generator takes 32.
   */
  static long dropoutSeed(long noiseSeed, int block) {
    long mixed = noiseSeed * 0x9E3779B97F4A7C15L; // the finalizer of SplitMix64
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return ((mixed ^ (mixed >>> 31)) + block) & 0x1fffffffL;
  }

  /** Takes the gradients of a block's trained arrays, in order, and owns them. */
  @FunctionalInterface
  interface BlockGradients {
    void take(int block, NDList gradients);
  }

  /**
   * What a pass ends with.
   *
   * @param loss as in {@link Head.Result}
   * @param upstream the gradient of what the lowest differentiated block read, [nodes, hidden]
   * @param head gradients of trained arrays behind the last block
   */
  record Result(double loss, NDArray upstream, NDList head) {}

  /**
   * Forward and back.
   *
   * @param embedded what the first block reads, [nodes, hidden]
   * @param weighting how targets count
   */
  Result run(NDArray embedded, Weighting weighting, BlockGradients taker) {
    int last = layers - 1;
    NDArray hidden = forward(embedded, 0, last);
    Head.Result behind;
    NDArray upstream;
    // Where weights are brought into memory for each use, the last block's stay: its way back is
    // next.
    store.acquire(last);
    try {
      hidden = forward(hidden, last, layers);
      behind = head.forwardBackward(hidden, weighting);
      upstream = backward(behind.upstream(), last, Math.max(last, lowest), taker);
    } finally {
      store.release(last);
    }
    return new Result(behind.loss(), backward(upstream, last - 1, lowest, taker), behind.own());
  }

  /** What the head gives of each place of the row, without the way back. */
  HeadOutputs score(NDArray embedded) {
    NDArray hidden = embedded;
    for (int block = 0; block < layers; block++) {
      NDArray output = blocks.forward(block, hidden);
      hidden.close();
      hidden = output;
    }
    return head.outputs(hidden);
  }

  /** How many examples share each pair of the row, [targets] float32. */
  NDArray counts() {
    return tensors.weight();
  }

  /** Weights by pair of the row that are known before the pass. */
  Weighting.Given given(PlaceWeights weights) {
    return new Weighting.Given(
        scope.create(weights.numbers()),
        weights.values().length == 0
            ? Optional.empty()
            : Optional.of(scope.create(weights.values())),
        1,
        0);
  }

  private NDArray forward(NDArray read, int from, int to) {
    NDArray hidden = read;
    for (int block = from; block < to; block++) {
      NDArray input = hidden;
      inputs[block] = input;
      if (block >= lowest && writtenOut && keepsActivations(block)) {
        hidden = forwardSaving(block);
      } else {
        hidden = blocks.forward(block, input);
      }
      if (block < lowest) {
        input.close();
      }
    }
    return hidden;
  }

  private boolean keepsActivations(int block) {
    return !settings.recomputeActivations() || (block == layers - 1 && !store.resident());
  }

  /** A block's output; saves what its written-out backward pass takes. */
  private NDArray forwardSaving(int block) {
    NDList results = blocks.call("block_saving", block, inputs[block]);
    saved[block] = results.subNDList(1);
    return results.get(0);
  }

  private NDArray backward(NDArray gradient, int from, int to, BlockGradients taker) {
    NDArray upstream = gradient;
    for (int block = from; block >= to; block--) {
      NDList gradients = gradients(block, upstream);
      taker.take(block, gradients.subNDList(1));
      upstream.close();
      upstream = gradients.get(0);
      inputs[block].close();
    }
    return upstream;
  }

  /** A block's weights stay for its two calls, where they are brought into memory for each use. */
  private NDList gradients(int block, NDArray upstream) {
    store.acquire(block);
    try {
      return writtenOut
          ? writtenOut(block, upstream)
          : blocks.call("autograd_vjp", block, inputs[block], upstream);
    } finally {
      store.release(block);
    }
  }

  private NDList writtenOut(int block, NDArray upstream) {
    if (saved[block] == null) {
      saved[block] = blocks.call("block_saving_again", block, inputs[block]);
    }
    NDList gradients = blocks.call("block_vjp", block, inputs[block], saved[block], upstream);
    saved[block].forEach(NDArray::close);
    return gradients;
  }
}
