package io.affinage.llm.adapter;

import io.affinage.llm.error.LlmException;

/**
 * Ways for a new LoRA to begin with a part of the base's weights: PEFT's {@code init_lora_weights}.
 */
public sealed interface LoraStart {

  /**
   * The largest singular values of each weight are trained, and the base keeps what is left of it
   * (Meng et al. 2024, "PiSSA"); quantized, that is QPiSSA.
   */
  record Pissa() implements LoraStart {}

  /**
   * The product makes up for what quantization to NF4 loses: rank and code are found by turns (Li
   * et al. 2023, "LoftQ").
   *
   * @param iterations turns, at least 1; after one the base is the weights' own quantization
   */
  record LoftQ(int iterations) implements LoraStart {
    public LoftQ {
      if (iterations < 1) {
        throw new LlmException(
            "invalid_adapter", "LoftQ needs at least one iteration, not " + iterations);
      }
    }
  }
}
