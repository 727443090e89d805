package io.affinage.cli.recipe;

import io.affinage.cli.recipe.RecipeException.Problem;
import io.affinage.cli.run.DataRules;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.NameRule;
import io.affinage.events.SplitPolicy;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** Reads a recipe and finds every problem in it at once. */
public final class RecipeReader {
  private static final List<String> METHODS = Settings.find(TrainingSpec.class, "method").words();

  /** A training may be named by its method, too. */
  private static final List<String> STAGES =
      Stream.concat(Stream.of("train", "evaluate"), METHODS.stream()).toList();

  private final List<Problem> problems = new ArrayList<>();
  private final InputReader inputs = new InputReader();

  private RecipeReader() {}

  /** Reads a recipe from YAML. */
  public static Recipe read(Reader yaml) throws RecipeException {
    RecipeReader reader = new RecipeReader();
    Recipe recipe = reader.recipe(yaml);
    if (!reader.problems.isEmpty()) {
      reader.problems.sort(Comparator.comparingInt(Problem::line));
      throw new RecipeException(reader.problems);
    }
    return recipe;
  }

  private Recipe recipe(Reader yaml) throws RecipeException {
    Node root;
    try {
      // Nodes only: nothing in the file becomes an object of a class that it names.
      root = new Yaml(new LoaderOptions()).compose(yaml);
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      throw new RecipeException(List.of(new Problem(line, "not YAML: " + e.getProblem())));
    } catch (YAMLException e) {
      throw new RecipeException(List.of(new Problem(0, "not YAML: " + e.getMessage())));
    }
    if (root == null) {
      throw new RecipeException(List.of(new Problem(0, "the recipe is empty")));
    }
    Section top = Section.of("", root, problems);
    String name = top.text("name");
    if (name == null) {
      top.problem("name: is missing");
    } else if (!NameRule.NAME.allows(name)) {
      top.problem("name", "must be " + NameRule.NAME.words());
    }
    String model = top.text("model");
    Recipe.Data data = data(top.section("data"));
    List<Recipe.Step> steps = new ArrayList<>();
    for (Section item : top.sections("stages")) {
      steps.addAll(step(item, data != null && data.rules().strict()));
    }
    if (!top.has("stages")) {
      top.problem("stages: is missing; give a list of 'train' and 'evaluate'");
    } else if (steps.isEmpty() && problems.isEmpty()) {
      top.problem("stages", "is empty; give a list of 'train' and 'evaluate'");
    }
    top.close();
    return new Recipe(name, model, data, steps);
  }

  private Recipe.Data data(Section data) {
    if (data == null) {
      return null;
    }
    Recipe.Data result =
        new Recipe.Data(
            data.text("path"),
            data.textByName("columns"),
            data.textByName("constants"),
            SettingsReader.record(data, DataRules.class));
    SplitPolicy split = result.rules().split();
    if (split != null && split.validation() + split.test() >= 1) {
      data.problem("split", "validation and test together leave nothing to train on");
    }
    data.close();
    return result;
  }

  /**
   * @param strict whether the data are taken strictly, which a training then does too
   */
  private List<Recipe.Step> step(Section item, boolean strict) {
    List<String> given = STAGES.stream().filter(item::has).toList();
    item.close();
    if (given.size() != 1) {
      item.problem(
          "must have exactly one of "
              + String.join(", ", STAGES)
              + (given.isEmpty() ? "" : ", not " + String.join(" and ", given)));
      return List.of();
    }
    String kind = given.get(0);
    Section stage = item.section(kind);
    if (kind.equals("evaluate")) {
      return List.of(evaluate(item, stage));
    }
    if (stage == null) {
      item.problem(kind, "is empty; at least give max_steps or epochs");
      return List.of();
    }
    return List.of(train(stage, kind, strict));
  }

  private Recipe.Evaluate evaluate(Section item, Section stage) {
    boolean named = stage != null && stage.has("model");
    if (!inputs.hasModel() && !named) {
      item.problem("evaluates a model, but no 'train' comes before it (a reward model is none)");
    }
    if (stage == null) {
      return new Recipe.Evaluate(Settings.absent(EvaluationSpec.class));
    }
    Recipe.Rows rows = rows(stage);
    String model = InputReader.measured(stage);
    List<String> compare = InputReader.compared(stage);
    EvaluationSpec spec = SettingsReader.record(stage, EvaluationSpec.class);
    stage.close();
    if (inputs.hasModel() || named) {
      inputs.check(stage, spec, model, compare);
    }
    return new Recipe.Evaluate(spec, rows, model, compare);
  }

  /** A stage's own dataset; null for that of the stage before. */
  private Recipe.Rows rows(Section stage) {
    String dataset = stage.text("dataset");
    Recipe.Data data = data(stage.section("data"));
    if (data != null && dataset != null) {
      stage.problem("data", "is given beside dataset; give one");
    }
    return dataset != null ? new Recipe.Registered(dataset) : data;
  }

  /**
   * @param kind {@code train}, or the method itself; an objective's own settings then stand beside
   *     those of the training
   */
  private Recipe.Train train(Section train, String kind, boolean strictData) {
    String name = InputReader.name(train);
    Recipe.Base base = inputs.base(train);
    Recipe.Rows rows = rows(train);
    String suffix = train.text("suffix");
    if (suffix != null && !NameRule.NAME.allows(suffix)) {
      train.problem("suffix", "must be " + NameRule.NAME.words());
    }
    Boolean strict = train.flag("strict");
    Map<String, Object> decided = new HashMap<>();
    decided.put("strict", strict == null && strictData ? Boolean.TRUE : strict);
    if (METHODS.contains(kind)) {
      Optional<ObjectiveSpec> objective =
          Choices.find(ObjectiveSpec.class, kind)
              .map(type -> (ObjectiveSpec) SettingsReader.record(train, type));
      decided.put("objective", objective.orElse(null));
      decided.put("method", objective.isPresent() ? null : kind);
    } else if (!train.has("method") && !train.has("objective")) {
      decided.put("method", SpecResolver.SFT);
    }
    TrainingSpec spec = SettingsReader.record(train, TrainingSpec.class, decided);
    String method = spec.method();
    if (spec.epochs() != null && spec.maxSteps() != null) {
      train.problem("max_steps", "and epochs contradict each other; give one");
    }
    if ("pretrain".equals(method) && spec.adapter() != null) {
      train.problem("adapter", "goes with method: sft only");
    }
    if (!"pretrain".equals(method) && spec.architecture() != null) {
      train.problem("architecture", "goes with method: pretrain only");
    }
    inputs.check(train, spec, base, name);
    train.close();
    return new Recipe.Train(spec, base, suffix, name, rows);
  }
}
