package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.RowTensors;
import io.affinage.llm.model.TargetLogProbabilities;

/**
 * The output head of a language model: log p of each pair of a row, nats.
 *
 * @param reading of the head: the temperature, and whether entropies are wanted
 */
record LanguageModelHead(
    NDManager scope,
    Decoder decoder,
    DecoderHandles handles,
    Trainables trainables,
    RowTensors tensors,
    Reading reading)
    implements Head {

  @Override
  public HeadOutputs outputs(NDArray hidden) {
    TargetLogProbabilities.Read read =
        TargetLogProbabilities.of(scope, decoder, handles, tensors, hidden, reading);
    return HeadOutputs.of(read.logp()).withEntropies(read.entropies());
  }

  @Override
  public Result forwardBackward(NDArray hidden, Weighting weighting) {
    if (weighting instanceof Weighting.Given given) {
      return given(hidden, given);
    }
    Weighting.ByOutput function = (Weighting.ByOutput) weighting;
    return trainables.headGradient().isPresent()
        ? given(
            hidden, new Weighting.Given(scope.create(function.of(outputs(hidden)).numbers()), 1, 0))
        : byOutput(hidden, function);
  }

  private Result given(NDArray hidden, Weighting.Given weights) {
    NDList found =
        decoder
            .kernels()
            .differentiable(
                scope,
                "head_vjp",
                hidden,
                tensors.at(),
                tensors.target(),
                weights.weight(),
                scope.create((float) weights.scale()),
                decoder.hostVector(scope, weights.smoothing(), reading.temperature()),
                handles.norm(),
                handles.head(),
                trainables.headGradient().orElseGet(() -> scope.zeros(new Shape(0))));
    return new Result(found.get(0).getFloat(), found.get(1), found.subNDList(2));
  }

  /** Logits are computed once: the weight of a target multiplies what is left of them. */
  private Result byOutput(NDArray hidden, Weighting.ByOutput weighting) {
    NDList rows =
        decoder
            .kernels()
            .differentiable(
                scope,
                "head_rows",
                hidden,
                tensors.at(),
                tensors.target(),
                reading.asVector(scope, decoder),
                handles.norm(),
                handles.head());
    float[] weights =
        weighting
            .of(
                HeadOutputs.of(negated(rows.get(0).toFloatArray()))
                    .withEntropies(rows.get(2).toFloatArray()))
            .numbers();
    NDList found =
        decoder
            .kernels()
            .differentiable(
                scope,
                "head_rows_vjp",
                hidden,
                tensors.at(),
                rows.get(1),
                scope.create(weights),
                handles.norm());
    rows.forEach(NDArray::close);
    return new Result(Double.NaN, found.get(0), found.subNDList(1));
  }

  private static float[] negated(float[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = -values[i];
    }
    return result;
  }
}
