package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Kernels;
import java.util.List;

/**
 * Float32 numbers that a run trains: one float32 array, or two halves of 16 bits of which the upper
 * is a weight as kernels of a bfloat16 model read it. The halves lose nothing of the float32 number
 * and take 4 bytes, where a weight and a float32 copy of it take 6.
 *
 * @param high float32; or bfloat16, the number rounded to nearest
 * @param low empty; or int16 of the same shape, what the bits of the number, as an integer, have
 *     more than those of {@code high}
 */
public record MasterWeight(NDArray high, NDArray low) {

  /** A float32 array as it is. */
  public static MasterWeight whole(NDManager manager, NDArray array) {
    return new MasterWeight(array, manager.create(new Shape(0), DataType.FLOAT32));
  }

  /** A bfloat16 weight that is trained to float32. */
  public static MasterWeight halves(Kernels kernels, NDManager manager, NDArray weight) {
    return new MasterWeight(weight, kernels.run(manager, "low_half", weight).singletonOrThrow());
  }

  public Shape shape() {
    return high.getShape();
  }

  /** Bytes taken beside {@code high}. */
  public long lowBytes() {
    return low.getShape().size() * 2;
  }

  /**
   * A copy or a view of some numbers, in the order of the flattened array.
   *
   * @return float32 [count]
   */
  public NDArray numbers(Kernels kernels, NDManager scope, long first, long count) {
    return kernels.run(scope, "some_values", high, low, first, count).singletonOrThrow();
  }

  /** All numbers. */
  public float[] toFloats(Kernels kernels) {
    try (NDManager scope = high.getManager().newSubManager()) {
      return numbers(kernels, scope, 0, shape().size()).toFloatArray();
    }
  }

  /**
   * Overwrites some numbers.
   *
   * @param numbers float32, one dimension
   */
  public void assign(Kernels kernels, NDManager scope, long first, NDArray numbers) {
    kernels.run(scope, "keep_some", high, low, first, numbers);
  }

  static List<NDArray> highs(List<MasterWeight> values) {
    return values.stream().map(MasterWeight::high).toList();
  }

  static List<NDArray> lows(List<MasterWeight> values) {
    return values.stream().map(MasterWeight::low).toList();
  }
}
