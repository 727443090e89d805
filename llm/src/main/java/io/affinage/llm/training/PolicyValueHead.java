package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/**
 * The head of a language model with a head of values beside it, which reads the same: the value of
 * a state stands where the token is predicted that is chosen in it.
 */
record PolicyValueHead(NDManager scope, LanguageModelHead policy, ScalarHeadPass value)
    implements Head {

  @Override
  public HeadOutputs outputs(NDArray hidden) {
    return policy.outputs(hidden).withValues(value.outputs(hidden).numbers());
  }

  @Override
  public Result forwardBackward(NDArray hidden, Weighting weighting) {
    if (weighting instanceof Weighting.Given given) {
      NDArray ofValues =
          given.values().orElseThrow(() -> new IllegalArgumentException("values have no weights"));
      return sum(policy.forwardBackward(hidden, given), value.weighted(hidden, ofValues));
    }
    float[] values = value.outputs(hidden).numbers();
    float[][] found = new float[1][];
    Weighting.ByOutput both = (Weighting.ByOutput) weighting;
    Result ofPolicy =
        policy.forwardBackward(
            hidden,
            (Weighting.ByOutput)
                outputs -> {
                  PlaceWeights weights = both.of(outputs.withValues(values));
                  found[0] = weights.values();
                  return weights;
                });
    return sum(ofPolicy, value.weighted(hidden, scope.create(found[0])));
  }

  /** Both read the same hidden numbers through the same norm. */
  private static Result sum(Result policy, Result value) {
    policy.upstream().addi(value.upstream());
    NDList own = new NDList();
    int ofNorm = policy.own().size();
    for (int i = 0; i < ofNorm; i++) {
      own.add(policy.own().get(i).addi(value.own().get(i)));
    }
    own.addAll(value.own().subNDList(ofNorm));
    return new Result(policy.loss(), policy.upstream(), own);
  }
}
