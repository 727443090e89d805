package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * AdamW's two moments in 8 bits each, in blocks of values that share a float32 scale. Arrays of
 * fewer than 4,096 elements keep float32 moments.
 *
 * @param kernel that updates by such moments
 * @param block values of a block
 * @param tables what the kernel reads codes by
 */
record EightBitMoments(String kernel, int block, List<UpdateStep.Table> tables) {
  private static final int SMALL = 4096;

  /**
   * How an array of this shape is updated.
   *
   * @param exact the rule with float32 moments
   */
  UpdateStep stepFor(AdamW exact, Shape shape) {
    UpdateStep plain = exact.stepFor(shape);
    if (shape.size() < SMALL) {
      return plain;
    }
    long blocks = (shape.size() + block - 1) / block;
    Shape codes = new Shape(blocks, block);
    Shape scale = new Shape(blocks);
    return new UpdateStep(
        kernel,
        List.of(
            Slot.bytes("first", codes),
            Slot.floats("first_scale", scale),
            Slot.bytes("second", codes),
            Slot.floats("second_scale", scale)),
        tables,
        plain.hyperparameters());
  }
}
