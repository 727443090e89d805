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
   * @param path relative to the recipe's folder; null when the command line must say
   * @param columns renames from the file's column to the layout's; null for none
   * @param constants columns of the layout that every row gets; null for none
   * @param rules how it is read
   */
  public record Data(
      String path, Map<String, String> columns, Map<String, String> constants, DataRules rules) {}

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
