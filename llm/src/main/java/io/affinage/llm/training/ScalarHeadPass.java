package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.RowTensors;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.tensor.Kernels;

/** A head that gives each text of a row its score. */
record ScalarHeadPass(
    NDManager scope, Decoder decoder, DecoderHandles handles, ScalarHead head, RowTensors tensors)
    implements Head {

  @Override
  public HeadOutputs outputs(NDArray hidden) {
    return HeadOutputs.of(head.scores(scope, decoder, handles, tensors, hidden));
  }

  @Override
  public Result forwardBackward(NDArray hidden, Weighting weighting) {
    if (weighting instanceof Weighting.Given given) {
      if (given.scale() != 1 || given.smoothing() != 0) {
        throw new IllegalArgumentException("a score is no likelihood: it has a weight, no more");
      }
      return weighted(hidden, given.weight());
    }
    PlaceWeights weights = ((Weighting.ByOutput) weighting).of(outputs(hidden));
    Result result = weighted(hidden, scope.create(weights.numbers()));
    return new Result(Double.NaN, result.upstream(), result.own());
  }

  /**
   * Forward and back, of the weighted sum of the numbers with their signs changed.
   *
   * @param share of each place, [places] float32
   */
  Result weighted(NDArray hidden, NDArray share) {
    NDList found =
        decoder
            .kernels()
            .differentiable(
                scope,
                "scalar_head_vjp",
                hidden,
                tensors.at(),
                share,
                handles.norm(),
                // Two halves of a batch read it at once.
                Kernels.alias(scope, head.weight()));
    return new Result(found.get(0).getFloat(), found.get(1), found.subNDList(2));
  }
}
