package io.affinage.llm.training.optimizer;

/**
 * One array that an optimizer moves.
 *
 * @param name its key in checkpoints
 * @param value what is moved, contiguous
 * @param rateFactor multiplies the learning rate
 * @param decay weight decay
 */
public record OptimizedArray(String name, MasterWeight value, double rateFactor, double decay) {}
