package io.affinage.llm.training.estimate;

/**
 * Bytes at the peak, by what they are for.
 *
 * @param weights of the model, with what blocks go through where they are quantized
 * @param trained what is trained, with gradients and optimizer state
 * @param activations of a micro-batch
 * @param process libraries, heap, compiled kernels, and what the allocator cannot use again
 */
public record MemoryEstimate(
    WeightMemory weights, TrainedMemory trained, ActivationMemory activations, long process) {
  /**
   * What a process of this library holds beside its tensors: 102 MB of mapped libraries, a heap of
   * some 50, compiled kernels, and freed memory that does not fit what comes next (measured with
   * SmolLM2-135M, bench/RESULTS.md).
   */
  public static final long PROCESS = 300_000_000L;

  /** All together. */
  public long peak() {
    return weights.bytes() + trained.bytes() + activations.bytes() + process;
  }
}
