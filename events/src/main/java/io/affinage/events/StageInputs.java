package io.affinage.events;

import io.affinage.events.spec.NearestName;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether the stages of a slip are given what they need by those before them. Stages are shown to
 * it in their order.
 */
public final class StageInputs {
  /** Under these an evaluation reports models that no stage names. */
  private static final Set<String> REPORTED =
      Set.of(Stage.BASE, "prompted", "tuned", "parent", Stage.PREVIOUS);

  /** What a named stage made. */
  private enum Made {
    POLICY,
    REWARD_MODEL,
    /** By a stage before the slip, of which only the model's id is known. */
    MODEL
  }

  private final Map<String, Made> named = new LinkedHashMap<>();
  private boolean policy;
  private final Map<String, String> problems = new LinkedHashMap<>();

  /** What is known of the stages before a slip. */
  static StageInputs after(@Nullable RoutingSlip slip) {
    StageInputs inputs = new StageInputs();
    if (slip != null && slip.outputs() != null) {
      slip.outputs().keySet().forEach(stage -> inputs.named.put(stage, Made.MODEL));
    }
    inputs.policy = slip != null && slip.policy() != null;
    return inputs;
  }

  /** Whether a report has this name for a model that no stage names. */
  static boolean isReported(String name) {
    return REPORTED.contains(name);
  }

  /**
   * A stage that has been done, or is asked for, made a model.
   *
   * @param stage its name; null for none
   */
  void made(@Nullable String stage, boolean rewardModel) {
    policy |= !rewardModel;
    if (stage != null) {
      named.put(stage, rewardModel ? Made.REWARD_MODEL : Made.POLICY);
    }
  }

  /** Whether a stage before made a model that others can go on from, or measure. */
  public boolean hasPolicy() {
    return policy;
  }

  /** What is wrong with the next stage, by its field; then it counts as done. */
  public Map<String, String> problems(Stage stage) {
    problems.clear();
    if (stage instanceof Stage.Train train) {
      of(train);
    } else if (stage instanceof Stage.Evaluate evaluate) {
      of(evaluate);
    }
    return Collections.unmodifiableMap(problems);
  }

  private void of(Stage.Train train) {
    boolean rewardModel = LearnedRewards.isMadeBy(train.spec());
    policyAt("baseModel", train.baseModel(), rewardModel);
    LearnedRewards.of(train.spec())
        .forEach((role, model) -> rewardModelAt("spec.objective." + role, model));
    if (train.name() != null && named.containsKey(train.name())) {
      problems.put("name", "is '" + train.name() + "', which another stage has");
    }
    made(train.name(), rewardModel);
  }

  private void of(Stage.Evaluate evaluate) {
    if (evaluate.model() == null || evaluate.model().equals(Stage.PREVIOUS)) {
      if (!policy) {
        problems.put(
            "model",
            (evaluate.model() == null ? "is absent" : "is 'previous'")
                + ", but no training of a model comes before it (a reward model is none)");
      }
    } else if (!refers("model", evaluate.model())) {
      problems.put("model", "is '" + evaluate.model() + "'; give previous, stage:NAME or model:ID");
    }
    LearnedRewards.of(evaluate.spec())
        .forEach((role, model) -> rewardModelAt("spec." + role, model));
    List<String> compare = evaluate.compare() == null ? List.of() : evaluate.compare();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < compare.size(); i++) {
      String field = "compare[" + i + "]";
      String other = compare.get(i);
      if (!seen.add(other)) {
        problems.put(field, "is '" + other + "' once more");
      } else if (isReported(other.substring(other.indexOf(':') + 1)) && !other.equals(Stage.BASE)) {
        problems.put(field, "is '" + other + "', a name that reports have for another model");
      } else if (!other.equals(Stage.BASE) && !refers(field, other)) {
        problems.put(field, "is '" + other + "'; give base, stage:NAME or model:ID");
      }
    }
    if (evaluate.compare() != null && compare.isEmpty()) {
      problems.put("compare", "is empty; leave it out");
    }
  }

  /** Whether it names a stage, which must then be there, or a model. */
  private boolean refers(String field, String model) {
    if (model.startsWith(Stage.OF_STAGE)) {
      stage(field, model);
      return true;
    }
    return model.startsWith(Stage.MODEL)
        && NameRule.ID.allows(model.substring(Stage.MODEL.length()));
  }

  /**
   * @param rewardModel whether a reward model is trained, which may go on from one
   */
  private void policyAt(String field, String base, boolean rewardModel) {
    if (base.equals(Stage.PREVIOUS) && !policy) {
      problems.put(
          field,
          named.containsValue(Made.REWARD_MODEL)
              ? "is 'previous', but only reward models come before it"
              : "is 'previous', but no training comes before it");
    } else if (base.startsWith(Stage.OF_STAGE)
        && stage(field, base).filter(Made.REWARD_MODEL::equals).isPresent()
        && !rewardModel) {
      problems.put(field, "is '" + base + "', a reward model, which no model can be trained from");
    }
  }

  private void rewardModelAt(String field, String model) {
    if (model.startsWith(Stage.OF_STAGE)) {
      if (stage(field, model).filter(Made.POLICY::equals).isPresent()) {
        problems.put(
            field, "is '" + model + "', which makes no reward model (objective reward_model)");
      }
    } else if (!NameRule.ID.allows(model)) {
      problems.put(field, "must be stage:NAME or the id of a reward model");
    }
  }

  private Optional<Made> stage(String field, String reference) {
    String name = reference.substring(Stage.OF_STAGE.length());
    if (!named.containsKey(name)) {
      problems.put(
          field,
          "is '%s', but no stage before it has that name%s"
              .formatted(reference, NearestName.hint(name, named.keySet())));
    }
    return Optional.ofNullable(named.get(name));
  }
}
