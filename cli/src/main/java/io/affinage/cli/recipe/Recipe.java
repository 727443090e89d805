package io.affinage.cli.recipe;

import io.affinage.cli.run.DataRules;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.TrainingSpec;
import java.util.List;
import java.util.Map;

/**
 * A run, before its files are known to exist.
 *
 * @param name of the run and of its dataset
 * @param model as {@code --model} takes it; null when the command line must say
 * @param data null when the command line must say
 * @param steps at least one
 */
public record Recipe(String name, String model, Data data, List<Step> steps) {

  /**
   * The dataset.
   *
   * @param path relative to the recipe's folder; null for the recipe's file, which the command line
   *     may name
   * @param columns renames from the file's column to the layout's; null for none
   * @param constants columns of the layout that every row gets; null for none
   * @param rules how it is read
   */
  public record Data(
      String path, Map<String, String> columns, Map<String, String> constants, DataRules rules)
      implements Rows {}

  /** The dataset of one stage. */
  public sealed interface Rows {}

  /**
   * A registered dataset.
   *
   * @param dataset its name, its submission's id or its digest
   */
  public record Registered(String dataset) implements Rows {}

  /** One stage. */
  public sealed interface Step {}

  /** What a training starts from. */
  public sealed interface Base {}

  /** The recipe's model. */
  public record RunModel() implements Base {}

  /** The model of the training before. */
  public record Previous() implements Base {}

  /** The model that an earlier stage of that name makes. */
  public record OfStage(String name) implements Base {}

  /** Another model, as {@code --model} takes it. */
  public record Other(String model) implements Base {}

  /**
   * Train.
   *
   * @param base the recipe's model for the first training that names none, that of the training
   *     before for every later one
   * @param suffix part of the model's name; null for the recipe's name
   * @param name by which later stages may name this one; null for none
   * @param rows null for those of the stage before, or the recipe's
   */
  public record Train(TrainingSpec spec, Base base, String suffix, String name, Rows rows)
      implements Step {

    /** A stage without a name, on the dataset of the stage before. */
    public Train(TrainingSpec spec, Base base, String suffix) {
      this(spec, base, suffix, null, null);
    }
  }

  /**
   * Evaluate a model.
   *
   * @param rows as for a training
   * @param model as {@link io.affinage.events.Stage.Evaluate#model()}; null for the last one
   * @param compare as there; null for none
   */
  public record Evaluate(EvaluationSpec spec, Rows rows, String model, List<String> compare)
      implements Step {

    /** Of the model before, on the dataset of the stage before. */
    public Evaluate(EvaluationSpec spec) {
      this(spec, null, null, null);
    }
  }
}
