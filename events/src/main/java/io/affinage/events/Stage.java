package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One step of a run that some service performs. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "stage")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Stage.Train.class, name = "train"),
  @JsonSubTypes.Type(value = Stage.Evaluate.class, name = "evaluate")
})
public sealed interface Stage {

  /** The last model that a stage before this one registered and that is no reward model. */
  String PREVIOUS = "previous";

  /** Before a stage's name: the model that this stage registered. */
  String OF_STAGE = "stage:";

  /** Before a registered model's id. */
  String MODEL = "model:";

  /** Among the models to compare with: the whole base model, whatever was trained on it. */
  String BASE = "base";

  /** The dataset of the stage; null for that of the stage before, or the run's. */
  @Nullable ArtifactRef dataset();

  /** The name of {@link #dataset()}; null where that is null or unnamed. */
  @Nullable String datasetName();

  /**
   * Train a model.
   *
   * @param baseModel see {@link TrainingRequested#baseModel()}; beside these {@code previous}, and
   *     {@code stage:NAME} of an earlier stage
   * @param suffix part of the registered model's name; null for none
   * @param baseName see {@link TrainingRequested#baseName()}
   * @param name by which later stages may name this one; null for none
   */
  record Train(
      String baseModel,
      TrainingSpec spec,
      @Nullable String suffix,
      @Nullable String baseName,
      @Nullable String name,
      @Nullable ArtifactRef dataset,
      @Nullable String datasetName)
      implements Stage {

    /** A training on the dataset of the stage before, which no other stage names. */
    public Train(String baseModel, TrainingSpec spec, @Nullable String suffix) {
      this(baseModel, spec, suffix, null, null, null, null);
    }
  }

  /**
   * Evaluate a model, and decide on it.
   *
   * @param model {@code previous}, {@code stage:NAME} of an earlier stage, or {@code model:ID};
   *     null for {@code previous}
   * @param compare models to measure beside it: {@code base}, {@code stage:NAME}, {@code model:ID};
   *     null for those that every evaluation has
   */
  record Evaluate(
      EvaluationSpec spec,
      @Nullable ArtifactRef dataset,
      @Nullable String datasetName,
      @Nullable String model,
      @Nullable List<String> compare)
      implements Stage {

    /** An evaluation of the model before it, on the dataset of the stage before. */
    public Evaluate(EvaluationSpec spec) {
      this(spec, null, null, null, null);
    }
  }
}
