package io.affinage.events;

import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.spec.Choices;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the stages of a run ask of its dataset, as far as the dataset's report can tell. */
public final class StageNeeds {
  private StageNeeds() {}

  /** Why some stage could not do its work, told before any of them begins; empty when all can. */
  public static Optional<ErrorDetail> unmet(DatasetReady ready) {
    List<Stage> stages = ready.slip() == null ? List.of() : ready.slip().stages();
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).dataset() != null) {
        // From here on it is another dataset.
        return Optional.empty();
      }
      String param = "slip.stages[" + i + "]";
      Optional<ErrorDetail> unmet =
          stages.get(i) instanceof Stage.Evaluate evaluate
              ? ofEvaluation(ready, evaluate.spec(), param)
              : ofTraining(ready, ((Stage.Train) stages.get(i)).spec(), param);
      if (unmet.isPresent()) {
        return unmet;
      }
    }
    return Optional.empty();
  }

  /**
   * Why a training could not do its work with the dataset; empty when it can.
   *
   * @param param the field of the request that asks for it; null for none
   */
  public static Optional<ErrorDetail> ofTraining(
      DatasetReady ready, TrainingSpec spec, @Nullable String param) {
    if (count(ready, "train") == 0) {
      return error(
          "empty_split",
          "the split train has no row to learn from (" + ready.splits() + "): hold out less",
          param);
    }
    if (evaluatesItself(spec) && count(ready, "validation") == 0) {
      return error(
          "no_held_out_examples",
          "the training evaluates itself (evaluation.every_steps), and the split validation has no"
              + " row ("
              + ready.splits()
              + "): hold out a share (split.validation), or leave the evaluation out",
          param);
    }
    boolean pairs = ready.isPreference() && ready.layout() == DatasetLayout.PREFERENCE;
    if (spec != null && spec.objective() instanceof SampledObjective) {
      return ready.layout() == DatasetLayout.TEXT
          ? error(
              "no_prompts",
              "the rows are text, which asks nothing, and the objective samples answers: give rows with"
                  + " prompts",
              param)
          : Optional.empty(); // prompts are all that it takes
    }
    if (ready.layout() == DatasetLayout.PROMPT_ONLY) {
      return error(
          "no_answers",
          "the rows are prompts without answers (layout PROMPT_ONLY), of which only objectives learn"
              + " that sample answers (grpo, rloo, ppo): give rows with answers, or another dataset"
              + " to this stage",
          param);
    }
    Optional<String> objective = objective(spec);
    if (objective.isPresent()) {
      return pairs
          ? Optional.empty()
          : error(
              "no_preference_pairs",
              "the objective "
                  + objective.get()
                  + " learns from pairs of a chosen and a rejected answer, and the rows are "
                  + ready.layout()
                  + (ready.keep() == null ? "" : " of which keep left the answers " + ready.keep())
                  + ": give rows with chosen and rejected (layout preference), without keep",
              param);
    }
    if (!ready.isPreference()) {
      return Optional.empty();
    }
    return error(
        "preference_data",
        "the rows say which answers are better ("
            + ready.layout()
            + "), and the training would learn the bad ones like the good ones. To learn from the "
            + (pairs
                ? "chosen answers alone, say keep: CHOSEN."
                : "desirable answers alone, say keep: DESIRABLE; if the label judges nothing, name"
                    + " the layout of the rest, which leaves it unread.")
            + " To learn from the preference itself takes "
            + (pairs
                ? "an objective for pairs, such as DPO (objective: {type: dpo})"
                : "KTO, which is not there yet"),
        param);
  }

  private static Optional<String> objective(TrainingSpec spec) {
    if (spec == null) {
      return Optional.empty();
    }
    return spec.objective() != null
        ? Optional.of(Choices.name(ObjectiveSpec.class, spec.objective()))
        : Optional.ofNullable(spec.method()).filter(Choices.names(ObjectiveSpec.class)::contains);
  }

  private static boolean evaluatesItself(TrainingSpec spec) {
    return spec != null
        && spec.evaluation() != null
        && spec.evaluation().everySteps() != null
        && spec.evaluation().everySteps() > 0;
  }

  /** As for a training. */
  public static Optional<ErrorDetail> ofEvaluation(
      DatasetReady ready, EvaluationSpec spec, @Nullable String param) {
    String split = spec.split() == null ? "test" : spec.split();
    boolean rewardAlone =
        spec.metrics() != null && spec.metrics().stream().allMatch("reward"::equals);
    if (ready.layout() == DatasetLayout.PROMPT_ONLY && !rewardAlone) {
      return error(
          "no_answers",
          "the rows are prompts without answers (layout PROMPT_ONLY), of which an evaluation can"
              + " measure the reward alone (metrics: [reward]): give rows with answers, or another"
              + " dataset to this stage",
          param);
    }
    if (count(ready, split) > 0) {
      return everyRowHasTools(ready)
          ? error(
              "no_items",
              "every row of the dataset has tools, and an evaluation measures answers to text"
                  + " alone: leave the evaluation out",
              param)
          : Optional.empty();
    }
    return error(
        "empty_split",
        "the evaluation measures the split "
            + split
            + ", which has no row ("
            + ready.splits()
            + "): rows with one prompt stay together in one split. Hold out a larger share"
            + " (split."
            + split
            + "), try another split.salt, give rows with more different prompts, or leave the"
            + " evaluation out",
        param);
  }

  private static boolean everyRowHasTools(DatasetReady ready) {
    long rows = ready.counts().accepted() + ready.counts().duplicates();
    return ready.notes() != null
        && rows > 0
        && ready.notes().getOrDefault("with_tools", 0L) >= rows;
  }

  private static long count(DatasetReady ready, String split) {
    return ready.splits().getOrDefault(split, 0L);
  }

  private static Optional<ErrorDetail> error(String code, String message, @Nullable String param) {
    return Optional.of(new ErrorDetail(code, message, param));
  }
}
