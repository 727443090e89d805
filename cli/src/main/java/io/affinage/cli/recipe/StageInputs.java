package io.affinage.cli.recipe;

import io.affinage.events.NameRule;
import io.affinage.events.spec.NearestName;
import java.util.ArrayList;
import java.util.List;

/** What a stage is called and what it is given, read from its section. */
final class StageInputs {
  private static final String STAGE = "stage";
  private static final String MODEL = "model";

  private StageInputs() {}

  /** The stage's name, which no stage before it may have. */
  static String name(Section stage, List<Recipe.Step> before) {
    String name = stage.text("name");
    if (name != null && !NameRule.NAME.allows(name)) {
      stage.problem("name", "must be " + NameRule.NAME.words());
    } else if (name != null && names(before).contains(name)) {
      stage.problem("name", "is the name of an earlier stage, too");
    }
    return name;
  }

  /** What a training starts from. */
  static Recipe.Base base(Section stage, List<Recipe.Step> before) {
    boolean first = before.stream().noneMatch(step -> step instanceof Recipe.Train);
    if (!stage.has("base")) {
      return first ? new Recipe.RunModel() : new Recipe.Previous();
    }
    if (!stage.isSection("base")) {
      String word = stage.word("base", List.of(MODEL, "previous"));
      if ("previous".equals(word) && first) {
        stage.problem("base", "is previous, but no training comes before it");
      }
      return "previous".equals(word) ? new Recipe.Previous() : new Recipe.RunModel();
    }
    Section base = stage.section("base");
    String of = base.text(STAGE);
    String model = base.text(MODEL);
    base.close();
    if ((of == null) == (model == null)) {
      base.problem("must have one of stage (a stage's name) and model (as --model takes it)");
    } else if (of != null && !names(before).contains(of)) {
      base.problem(
          STAGE,
          "'%s' is not the name of an earlier training%s"
              .formatted(of, NearestName.hint(of, names(before))));
    }
    return of != null ? new Recipe.OfStage(of) : new Recipe.Other(model == null ? "" : model);
  }

  private static List<String> names(List<Recipe.Step> before) {
    List<String> names = new ArrayList<>();
    for (Recipe.Step step : before) {
      if (step instanceof Recipe.Train train && train.name() != null) {
        names.add(train.name());
      }
    }
    return names;
  }
}
