package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;

/**
 * One array that an optimizer moves.
 *
 * @param name its key in checkpoints
 * @param value what is moved, contiguous
 * @param gradient float32 or bfloat16, of the same shape
 * @param rateFactor multiplies the learning rate
 * @param decay weight decay
 */
public record OptimizedArray(
    String name, TrainedValue value, NDArray gradient, double rateFactor, double decay) {}
