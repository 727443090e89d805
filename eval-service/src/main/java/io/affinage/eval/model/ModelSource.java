package io.affinage.eval.model;

import io.affinage.events.ModelRegistered;
import java.util.Map;
import java.util.Optional;

/** Loads models for measuring. */
public interface ModelSource {

  /**
   * A registered model and what it is compared with.
   *
   * @param compared by the names under which they are reported; empty for the whole base model
   * @throws io.affinage.eval.EvaluationException {@code model_not_found}, {@code model_invalid},
   *     {@code no_base_model}
   */
  ModelPair open(ModelRegistered model, Map<String, Optional<ModelRegistered>> compared);

  /**
   * A registered reward model.
   *
   * @throws io.affinage.eval.EvaluationException as above
   */
  RewardScorer openScorer(ModelRegistered model);
}
