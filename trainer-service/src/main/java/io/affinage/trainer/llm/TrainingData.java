package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.PreferencePair;
import java.nio.file.Path;
import java.util.List;

/** A dataset's splits, as what is minimised reads them. */
sealed interface TrainingData {

  /** Answers or documents, whose likelihood is raised. */
  record Examples(DatasetRows.Split<Example> train, DatasetRows.Split<Example> validation)
      implements TrainingData {
    @Override
    public TrainingRows learned(TrainingSpec spec, LanguageModel model) {
      return TrainingRows.of(train, spec, model);
    }

    @Override
    public TrainingRows measured(TrainingSpec spec, LanguageModel model) {
      return TrainingRows.measured(validation.first(spec.evaluation().maxRows()), spec, model);
    }

    @Override
    public List<Example> examples() {
      return train.rows();
    }
  }

  /** Pairs of a chosen and a rejected answer, that an objective compares. */
  record Pairs(
      DatasetRows.Split<PreferencePair> train, DatasetRows.Split<PreferencePair> validation)
      implements TrainingData {
    @Override
    public TrainingRows learned(TrainingSpec spec, LanguageModel model) {
      return TrainingRows.ofPairs(train, spec, model);
    }

    @Override
    public TrainingRows measured(TrainingSpec spec, LanguageModel model) {
      return TrainingRows.measuredPairs(validation.first(spec.evaluation().maxRows()), spec, model);
    }

    @Override
    public List<Example> examples() {
      return List.of();
    }
  }

  /** Questions, whose answers are sampled. */
  record Questions(DatasetRows.Split<PromptRow> train) implements TrainingData {
    @Override
    public DatasetRows.Split<?> validation() {
      return new DatasetRows.Split<>("validation.jsonl", List.of(), List.of());
    }

    @Override
    public TrainingRows learned(TrainingSpec spec, LanguageModel model) {
      throw new IllegalStateException("answers are sampled, there are no rows to learn");
    }

    @Override
    public TrainingRows measured(TrainingSpec spec, LanguageModel model) {
      throw new IllegalStateException("answers are sampled, there are no rows to measure");
    }

    @Override
    public List<Example> examples() {
      return train.rows().stream().map(PromptRow::example).toList();
    }
  }

  /**
   * Reads a dataset.
   *
   * @throws io.affinage.llm.error.LlmException {@code dataset_unreadable}, {@code
   *     dataset_layout_unsupported}
   */
  static TrainingData read(Path dataset, TrainingSpec spec) {
    if (spec.objective() instanceof SampledObjective) {
      return new Questions(DatasetRows.prompts(dataset, "train"));
    }
    return spec.objective() == null
        ? new Examples(
            DatasetRows.examples(dataset, "train"), DatasetRows.examples(dataset, "validation"))
        : new Pairs(DatasetRows.pairs(dataset, "train"), DatasetRows.pairs(dataset, "validation"));
  }

  DatasetRows.Split<?> validation();

  /** The rows that are learned. */
  TrainingRows learned(TrainingSpec spec, LanguageModel model);

  /** The rows that are only measured: whatever is left of them will do. */
  TrainingRows measured(TrainingSpec spec, LanguageModel model);

  /** What a model from scratch makes its vocabulary of. */
  List<Example> examples();
}
