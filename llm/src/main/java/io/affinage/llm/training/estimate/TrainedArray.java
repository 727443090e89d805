package io.affinage.llm.training.estimate;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Precision;

/**
 * An array that is trained.
 *
 * @param shape of the array
 * @param ofModel whether it is a weight of the model, which is there anyway
 * @param bytesBesideWeight what its float32 numbers take beside what kernels read
 */
public record TrainedArray(Shape shape, boolean ofModel, long bytesBesideWeight) {

  /** As runs keep it: a bfloat16 weight's lower half beside it, all else as float32 copies. */
  static TrainedArray of(Shape shape, boolean ofModel, Precision precision) {
    int beside =
        switch (precision) {
          case FLOAT32 -> 0;
          case BFLOAT16 -> ofModel ? 2 : 4;
          case FLOAT16 -> 4;
        };
    return new TrainedArray(shape, ofModel, beside * shape.size());
  }
}
