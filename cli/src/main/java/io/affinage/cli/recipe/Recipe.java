package io.affinage.cli.recipe;

import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.SplitPolicy;
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
   * @param path relative to the recipe's folder; null when the command line must say
   * @param columns renames from the file's column to the layout's; null for none
   * @param constants columns of the layout that every row gets; null for none
   * @param split null for the default
   */
  public record Data(
      String path,
      DatasetFormat format,
      DatasetLayout layout,
      Map<String, String> columns,
      Map<String, String> constants,
      SplitPolicy split,
      boolean strict) {}

  /** One stage. */
  public sealed interface Step {}

  /**
   * Train, on the model of the step before or the recipe's.
   *
   * @param suffix part of the model's name; null for the recipe's name
   */
  public record Train(TrainingSpec spec, String suffix) implements Step {}

  /** Evaluate the model that the step before made. */
  public record Evaluate(EvaluationSpec spec) implements Step {}
}
