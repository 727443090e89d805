package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;

/** One step of a run that some service performs. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "stage")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Stage.Train.class, name = "train"),
  @JsonSubTypes.Type(value = Stage.Evaluate.class, name = "evaluate")
})
public sealed interface Stage {

  /**
   * Train a model on the run's dataset.
   *
   * @param baseModel see {@link TrainingRequested#baseModel()}
   * @param suffix part of the registered model's name; null for none
   * @param baseName see {@link TrainingRequested#baseName()}
   */
  record Train(
      String baseModel, TrainingSpec spec, @Nullable String suffix, @Nullable String baseName)
      implements Stage {

    /** A training whose base has no other name than the reference. */
    public Train(String baseModel, TrainingSpec spec, @Nullable String suffix) {
      this(baseModel, spec, suffix, null);
    }
  }

  /** Evaluate the model that the preceding stage registered, and decide on it. */
  record Evaluate(EvaluationSpec spec) implements Stage {}
}
