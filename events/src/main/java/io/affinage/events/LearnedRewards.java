package io.affinage.events;

import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The reward models that specifications name, wherever a reward stands in them. */
public final class LearnedRewards {
  /** The objective, and the method, that trains a reward model. */
  public static final String REWARD_MODEL = "reward_model";

  /** The role of a reward model in a lineage. */
  private static final String ROLE = "reward";

  private LearnedRewards() {}

  /** Whether a training makes a reward model. */
  public static boolean isMadeBy(TrainingSpec spec) {
    return spec.objective() == null
        ? REWARD_MODEL.equals(spec.method())
        : REWARD_MODEL.equals(Choices.name(ObjectiveSpec.class, spec.objective()));
  }

  /**
   * The models that a training is rewarded by, by their role: {@code reward}, and in an ensemble
   * {@code reward.NAME}, where a member without a name has its place, from 1.
   *
   * @return ids, or {@code stage:NAME} before they are resolved
   */
  public static Map<String, String> of(TrainingSpec spec) {
    return of(reward(spec));
  }

  /** The models that an evaluation scores by, as for a training. */
  public static Map<String, String> of(EvaluationSpec spec) {
    return of(spec.reward());
  }

  private static Map<String, String> of(@Nullable RewardSpec reward) {
    Map<String, String> models = new LinkedHashMap<>();
    if (reward instanceof RewardSpec.Model learned) {
      models.put(ROLE, learned.model());
    } else if (reward instanceof RewardSpec.Ensemble ensemble) {
      for (int i = 0; i < ensemble.rewards().size(); i++) {
        RewardSpec.Member member = ensemble.rewards().get(i);
        if (member.reward() instanceof RewardSpec.Model learned) {
          String name = member.name() == null ? Integer.toString(i + 1) : member.name();
          models.put(ROLE + "." + name, learned.model());
        }
      }
    }
    return models;
  }

  private static @Nullable RewardSpec reward(TrainingSpec spec) {
    return spec.objective() instanceof SampledObjective sampled ? sampled.reward() : null;
  }

  /** The same training with other models as its rewards. */
  static TrainingSpec with(TrainingSpec spec, UnaryOperator<String> model) {
    if (of(spec).isEmpty()) {
      return spec;
    }
    Record objective = (Record) spec.objective();
    Record changed =
        Settings.make(
            objective.getClass(),
            component ->
                Settings.value(objective, component) instanceof RewardSpec reward
                    ? with(reward, model)
                    : Settings.value(objective, component));
    return Settings.make(
        TrainingSpec.class,
        component ->
            component.getType() == ObjectiveSpec.class ? changed : Settings.value(spec, component));
  }

  /** The same evaluation with other models as its rewards. */
  static EvaluationSpec with(EvaluationSpec spec, UnaryOperator<String> model) {
    return of(spec).isEmpty()
        ? spec
        : Settings.make(
            EvaluationSpec.class,
            component ->
                Settings.value(spec, component) instanceof RewardSpec reward
                    ? with(reward, model)
                    : Settings.value(spec, component));
  }

  private static RewardSpec with(RewardSpec reward, UnaryOperator<String> model) {
    if (reward instanceof RewardSpec.Model learned) {
      return new RewardSpec.Model(model.apply(learned.model()));
    }
    if (reward instanceof RewardSpec.Ensemble ensemble) {
      List<RewardSpec.Member> members =
          ensemble.rewards().stream()
              .map(
                  member ->
                      new RewardSpec.Member(
                          member.name(),
                          with(member.reward(), model),
                          member.weight(),
                          member.normalize(),
                          member.over(),
                          member.clip(),
                          member.fallback()))
              .toList();
      return new RewardSpec.Ensemble(members, ensemble.clip());
    }
    return reward;
  }
}
