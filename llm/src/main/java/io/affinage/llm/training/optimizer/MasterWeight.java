package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Kernels;
import java.util.List;

/**
 * Float32 numbers that a run trains: one float32 array, or two halves of 16 bits of which the first
 * is a weight as kernels of a bfloat16 model read it. The halves lose nothing of the float32 number
 * and take 4 bytes, where a weight and a float32 copy of it take 6.
 *
 * @param parameter float32; or bfloat16, the number rounded to nearest
 * @param remainder empty; or int16 of the same shape, what the bits of the number, as an integer,
 *     have more than those of {@code parameter}
 */
public record MasterWeight(NDArray parameter, NDArray remainder) {

  /** A float32 array as it is. */
  public static MasterWeight whole(NDManager manager, NDArray array) {
    return new MasterWeight(array, manager.create(new Shape(0), DataType.FLOAT32));
  }

  /** A bfloat16 weight that is trained to float32. */
  public static MasterWeight split(Kernels kernels, NDManager manager, NDArray weight) {
    return new MasterWeight(
        weight, kernels.run(manager, "zero_remainder", weight).singletonOrThrow());
  }

  public Shape shape() {
    return parameter.getShape();
  }

  /** Bytes taken beside {@code parameter}. */
  public long remainderBytes() {
    return remainder.getShape().size() * 2;
  }

  /**
   * A copy or a view of some numbers, in the order of the flattened array.
   *
   * @return float32 [count]
   */
  public NDArray numbers(Kernels kernels, NDManager scope, long first, long count) {
    return kernels.run(scope, "read_master", parameter, remainder, first, count).singletonOrThrow();
  }

  /** All numbers. */
  public float[] toFloats(Kernels kernels) {
    try (NDManager scope = parameter.getManager().newSubManager()) {
      return numbers(kernels, scope, 0, shape().size()).toFloatArray();
    }
  }

  /**
   * Overwrites some numbers.
   *
   * @param numbers float32, one dimension
   */
  public void assign(Kernels kernels, NDManager scope, long first, NDArray numbers) {
    kernels.run(scope, "write_master", parameter, remainder, first, numbers);
  }

  static List<NDArray> parameters(List<MasterWeight> values) {
    return values.stream().map(MasterWeight::parameter).toList();
  }

  static List<NDArray> remainders(List<MasterWeight> values) {
    return values.stream().map(MasterWeight::remainder).toList();
  }
}
