package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.IValue;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Kernels;
import java.util.stream.IntStream;

/** All layers, and several tokens, in one call: of blocks that are in memory anyway. */
final class WholePasses implements BlockPasses {
  /** Tokens of one call: the overhead of a call is spread, a reader does not notice the wait. */
  private static final int CHUNK = 8;

  private final Decoder decoder;
  private final Kernels kernels;
  private final AdapterArrays adapters;
  private final IValue weights;
  private final IValue adapterArrays;

  WholePasses(Decoder decoder, BlockAdapter adapter) {
    this.decoder = decoder;
    this.kernels = decoder.kernels(adapter);
    this.adapters = AdapterArrays.of(decoder, adapter);
    this.weights =
        Kernels.lists(
            IntStream.range(0, decoder.shape().layers())
                .mapToObj(layer -> decoder.blocks().acquire(layer).arrays())
                .toList());
    this.adapterArrays = Kernels.lists(adapters.blocks());
  }

  @Override
  public int chunk() {
    return CHUNK;
  }

  @Override
  public NDArray prefill(NDManager scope, PromptTensors prompts, Cache cache) {
    if (!adapters.readsTokens()) {
      return prefill(scope, prompts, cache, adapterArrays);
    }
    try (IValue arrays = Kernels.lists(adapters.readingOf(prompts.tokens()))) {
      return prefill(scope, prompts, cache, arrays);
    }
  }

  private NDArray prefill(NDManager scope, PromptTensors prompts, Cache cache, IValue arrays) {
    return kernels
        .run(
            scope,
            "prefill",
            prompts.embedded(),
            prompts.depths(),
            prompts.path(),
            prompts.owner(),
            prompts.slots(),
            prompts.last(),
            prompts.rotary().frequencies(),
            prompts.rotary().factors(),
            cache.keys(),
            cache.values(),
            decoder.norm(),
            decoder.head(),
            weights,
            arrays)
        .singletonOrThrow();
  }

  @Override
  public NDList decode(NDManager scope, DecodeStep step) {
    Cache cache = step.cache();
    Sampling sampling = step.sampling();
    return kernels.runOften(
        scope,
        "decode",
        step.logits(),
        step.drafted(),
        step.seen(),
        step.uniform(),
        step.stops(),
        step.done(),
        step.positions(),
        step.slot(),
        step.more(),
        cache.text(),
        cache.mask(),
        sampling.temperature(),
        sampling.topK(),
        sampling.topP(),
        sampling.repetitionPenalty(),
        sampling.told(),
        cache.stepRotary().frequencies(),
        cache.stepRotary().factors(),
        cache.keys(),
        cache.values(),
        decoder.embedding(),
        decoder.positions(),
        decoder.norm(),
        decoder.head(),
        weights,
        adapterArrays);
  }

  @Override
  public void close() {
    weights.close();
    adapterArrays.close();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      decoder.blocks().release(block);
    }
  }
}
