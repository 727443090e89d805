package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * One array that a rule keeps beside a trained array.
 *
 * @param name its part of the key in checkpoints, for example {@code first}
 * @param type float32 or uint8
 */
record Slot(String name, Shape shape, DataType type) {
  static Slot floats(String name, Shape shape) {
    return new Slot(name, shape, DataType.FLOAT32);
  }

  static Slot bytes(String name, Shape shape) {
    return new Slot(name, shape, DataType.UINT8);
  }

  long sizeInBytes() {
    return shape.size() * type.getNumOfBytes();
  }
}
