package io.affinage.cli.recipe;

import io.affinage.events.EvaluationSpec;
import io.affinage.events.NameRule;
import io.affinage.events.Stage;
import io.affinage.events.StageInputs;
import io.affinage.events.TrainingSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What stages are called and what they are given, read from their sections in their order. */
final class InputReader {
  private static final String STAGE = "stage";
  private static final String MODEL = "model";
  private static final String BASE = "base";
  private static final String REWARD = "reward";

  private final StageInputs inputs = new StageInputs();

  /** The stage's name. */
  static String name(Section stage) {
    String name = stage.text("name");
    if (name != null && !NameRule.NAME.allows(name)) {
      stage.problem("name", "must be " + NameRule.NAME.words());
    }
    return name;
  }

  /** What a training starts from. */
  Recipe.Base base(Section stage) {
    if (!stage.has(BASE)) {
      return inputs.hasPolicy() ? new Recipe.Previous() : new Recipe.RunModel();
    }
    if (!stage.isSection(BASE)) {
      String word = stage.word(BASE, List.of(MODEL, Stage.PREVIOUS));
      return Stage.PREVIOUS.equals(word) ? new Recipe.Previous() : new Recipe.RunModel();
    }
    String named = reference(stage.section(BASE), "(as --model takes it)");
    if (named == null) {
      return new Recipe.Other("");
    }
    return named.startsWith(Stage.OF_STAGE)
        ? new Recipe.OfStage(named.substring(Stage.OF_STAGE.length()))
        : new Recipe.Other(named.substring(Stage.MODEL.length()));
  }

  /** The model that an evaluation measures; null for the last one. */
  static String measured(Section stage) {
    if (!stage.has(MODEL)) {
      return null;
    }
    return stage.isSection(MODEL)
        ? reference(stage.section(MODEL), "(a registered model's id)")
        : stage.word(MODEL, List.of(Stage.PREVIOUS));
  }

  /** The models that an evaluation measures beside it; null for none. */
  static List<String> compared(Section stage) {
    if (!stage.has("compare")) {
      return null;
    }
    List<String> compared = new ArrayList<>();
    for (Section.Item item : stage.items("compare")) {
      if (item.text() == null) {
        compared.add(reference(item.section(), "(a registered model's id)"));
      } else if (item.text().equals(Stage.BASE)) {
        compared.add(Stage.BASE);
      } else {
        stage.problem(
            "compare", "has '%s'; give base, {stage: NAME} or {model: ID}".formatted(item.text()));
      }
    }
    // What could not be read has been told of.
    return compared.stream().filter(model -> model != null).toList();
  }

  /**
   * {@code stage:NAME} or {@code model:ID}; null, and a problem, for anything else.
   *
   * @param what a model is named by
   */
  private static String reference(Section section, String what) {
    String stage = section.text(STAGE);
    String model = section.text(MODEL);
    section.close();
    if ((stage == null) == (model == null)) {
      section.problem("must have one of stage (a stage's name) and model " + what);
      return null;
    }
    return stage == null ? Stage.MODEL + model : Stage.OF_STAGE + stage;
  }

  /** Notes what a training is not given by the stages before it. */
  void check(Section stage, TrainingSpec spec, Recipe.Base base, String name) {
    String from = "hub:of/the-run";
    if (base instanceof Recipe.OfStage of) {
      from = Stage.OF_STAGE + of.name();
    } else if (base instanceof Recipe.Previous) {
      from = Stage.PREVIOUS;
    }
    tell(stage, inputs.problems(new Stage.Train(from, spec, null, null, name, null, null)));
  }

  /** Notes what an evaluation is not given by the stages before it. */
  void check(Section stage, EvaluationSpec spec, String model, List<String> compare) {
    tell(stage, inputs.problems(new Stage.Evaluate(spec, null, null, model, compare)));
  }

  private static void tell(Section stage, Map<String, String> problems) {
    problems.forEach((field, problem) -> stage.problem(key(stage, field), problem));
  }

  /** Where a stage's field stands in a recipe. */
  private static String key(Section stage, String field) {
    if (field.equals("baseModel")) {
      return BASE;
    }
    if (field.contains(".reward")) {
      return stage.has(REWARD) ? REWARD : "objective";
    }
    return field.replaceFirst("\\[.*", "");
  }

  /** Whether a stage before made a model that can be evaluated. */
  boolean hasModel() {
    return inputs.hasPolicy();
  }
}
