package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTreeRow;

/**
 * One row of examples on the device, as block and head kernels take it.
 *
 * @param tokens [nodes] int64
 * @param embedded [nodes, hidden]: the looked-up embeddings
 * @param cos [nodes, 1, headDim]
 * @param sin [nodes, 1, headDim]
 * @param path [documents, longest] int64: the node at each position
 * @param owner [nodes] int64: where in the flattened paths a node's attention output is read
 * @param triangle [longest, longest]: 0 on and below the diagonal, -inf above
 * @param at [targets] int64: the node that predicts
 * @param target [targets] int64
 * @param weight [targets] float32: how many examples share the prediction
 */
public record RowTensors(
    NDArray tokens,
    NDArray embedded,
    NDArray cos,
    NDArray sin,
    NDArray path,
    NDArray owner,
    NDArray triangle,
    NDArray at,
    NDArray target,
    NDArray weight) {

  /** Puts a row on the decoder's device. */
  public static RowTensors of(NDManager scope, Decoder decoder, PrefixTreeRow row) {
    NDArray tokens = Decoder.indices(scope, row.tokens());
    NDArray embedded =
        decoder
            .kernels()
            .differentiable(scope, "embed", tokens, decoder.embedding())
            .singletonOrThrow();
    NDList rotary =
        decoder
            .kernels()
            .differentiable(
                scope,
                "rope",
                Decoder.indices(scope, row.depths()),
                decoder.ropeFrequencies(),
                embedded);
    int longest = row.longest();
    NDArray path = Decoder.indices(scope, row.paths()).reshape(new Shape(row.documents(), longest));
    return new RowTensors(
        tokens,
        embedded,
        rotary.get(0),
        rotary.get(1),
        path,
        Decoder.indices(scope, row.owners()),
        decoder.toPrecision(scope, scope.create(triangle(longest), new Shape(longest, longest))),
        Decoder.indices(scope, row.targetNodes()),
        Decoder.indices(scope, row.targetTokens()),
        scope.create(floats(row.targetWeights())));
  }

  private static float[] floats(int[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  private static float[] triangle(int size) {
    float[] values = new float[size * size];
    for (int row = 0; row < size; row++) {
      for (int column = row + 1; column < size; column++) {
        values[row * size + column] = Float.NEGATIVE_INFINITY;
      }
    }
    return values;
  }
}
