package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Kernels;
import java.util.List;

/**
 * Layer by layer, of blocks that are read or dequantized when they are acquired: memory holds one
 * of them at a time, and all rows of a batch share the work of acquiring it. The same operations as
 * in one call, in the same order, but that the engine optimizes the graph of each call by itself.
 */
final class BlockwisePasses implements BlockPasses {
  private final Decoder decoder;
  private final Kernels kernels;
  private final AdapterArrays adapters;

  BlockwisePasses(Decoder decoder, BlockAdapter adapter) {
    this.decoder = decoder;
    this.kernels = decoder.kernels(adapter);
    this.adapters = AdapterArrays.of(decoder, adapter);
  }

  @Override
  public int chunk() {
    return 1;
  }

  @Override
  public NDArray prefill(NDManager scope, PromptTensors prompts, Cache cache) {
    List<List<NDArray>> arrays = adapters.readingOf(prompts.tokens());
    try (NDManager pass = scope.newSubManager()) {
      NDList tables =
          kernels.run(
              pass,
              "prefill_tables",
              prompts.embedded(),
              prompts.depths(),
              prompts.path(),
              prompts.rotary().frequencies(),
              prompts.rotary().factors());
      NDArray later = tables.get(0);
      NDList rotations = tables.subNDList(1);
      NDArray last =
          through(
              pass,
              prompts.embedded(),
              (layer, hidden, weights) ->
                  kernels.run(
                      pass,
                      "prefill_block",
                      layer,
                      hidden,
                      rotations,
                      later,
                      prompts.path(),
                      prompts.owner(),
                      prompts.slots(),
                      prompts.last(),
                      cache.keys().get(layer),
                      cache.values().get(layer),
                      weights,
                      arrays.get(layer)));
      return following(scope, last);
    }
  }

  @Override
  public NDList decode(NDManager scope, DecodeStep step) {
    Cache cache = step.cache();
    Sampling sampling = step.sampling();
    NDList chosen =
        kernels.runOften(
            scope,
            "choose",
            step.logits(),
            step.seen(),
            step.uniform().get(0),
            step.stops(),
            step.done(),
            sampling.temperature(),
            sampling.topK(),
            sampling.topP(),
            sampling.repetitionPenalty(),
            sampling.told());
    boolean wanted = step.more() && (step.stops().isEmpty() || !allDone(step.done()));
    return new NDList(
        chosen.get(0),
        chosen.get(1),
        wanted ? next(scope, step, cache, chosen.get(0)) : scope.create(new float[0]),
        scope.create(new long[0]),
        scope.create(new long[] {wanted ? 1 : 0}));
  }

  private static boolean allDone(NDArray done) {
    for (boolean each : done.toBooleanArray()) {
      if (!each) {
        return false;
      }
    }
    return true;
  }

  private NDArray next(NDManager scope, DecodeStep step, Cache cache, NDArray token) {
    try (NDManager pass = scope.newSubManager()) {
      NDList tables =
          kernels.runOften(
              pass,
              "step_tables",
              token,
              step.positions(),
              step.slot(),
              cache.mask(),
              cache.stepRotary().frequencies(),
              cache.stepRotary().factors(),
              decoder.embedding(),
              decoder.positions());
      NDList rotations = tables.subNDList(1);
      NDArray last =
          through(
              pass,
              tables.get(0),
              (layer, hidden, weights) ->
                  kernels.runOften(
                      pass,
                      "step_block",
                      layer,
                      hidden,
                      rotations,
                      step.slot(),
                      cache.mask(),
                      cache.keys().get(layer),
                      cache.values().get(layer),
                      weights,
                      adapters.blocks().get(layer)));
      return following(scope, last);
    }
  }

  /** A kernel of one layer. */
  @FunctionalInterface
  private interface Layer {
    NDList of(int layer, NDArray hidden, List<NDArray> weights);
  }

  /** What the last block gives for what the first one reads. */
  private NDArray through(NDManager pass, NDArray first, Layer kernel) {
    NDArray hidden = first;
    for (int layer = 0; layer < decoder.shape().layers(); layer++) {
      List<NDArray> weights = decoder.blocks().acquire(layer).arrays();
      try {
        NDArray output = kernel.of(layer, hidden, weights).singletonOrThrow();
        if (layer > 0) {
          hidden.close();
        }
        hidden = output;
      } finally {
        decoder.blocks().release(layer);
      }
    }
    return hidden;
  }

  private NDArray following(NDManager scope, NDArray last) {
    return kernels.run(scope, "following", last, decoder.norm(), decoder.head()).singletonOrThrow();
  }

  @Override
  public void close() {
    // No block is held between calls.
  }
}
