package io.affinage.eval.model;

import io.affinage.events.ModelRegistered;

/** Loads models for measuring. */
public interface ModelSource {

  /**
   * A registered model and its base.
   *
   * @throws io.affinage.eval.EvaluationException {@code model_not_found}, {@code model_invalid}
   */
  ModelPair open(ModelRegistered model);
}
