package io.affinage.reward.batch;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.Clip;
import io.affinage.reward.scoring.Ensemble;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.Normalisation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An ensemble on the wire becomes one that adds. */
final class Ensembles {
  private Ensembles() {}

  /**
   * @throws InvalidRewardException when the specification cannot be used
   */
  static Ensemble from(RewardSpec.Ensemble spec) {
    List<Ensemble.Member> members = new ArrayList<>();
    for (RewardSpec.Member member : spec.rewards()) {
      if (member.reward() instanceof RewardSpec.Ensemble) {
        throw new InvalidRewardException(
            "invalid_ensemble", "an ensemble has no ensembles in it", "reward.rewards.reward");
      }
      members.add(
          new Ensemble.Member(
              member.name() == null ? typeName(member.reward()) : member.name(),
              member.weight() == null ? 1 : member.weight(),
              normalisation(member.normalize()),
              isOverGroup(member.over()),
              clip(member.clip()),
              member.fallback()));
    }
    return new Ensemble(members, clip(spec.clip()));
  }

  /** The type's name on the wire. */
  static String typeName(RewardSpec spec) {
    return Arrays.stream(RewardSpec.class.getAnnotation(JsonSubTypes.class).value())
        .filter(type -> type.value() == spec.getClass())
        .findFirst()
        .orElseThrow()
        .name();
  }

  private static Normalisation normalisation(String name) {
    return switch (name == null ? "none" : name) {
      case "none" -> Normalisation.NONE;
      case "standardize" -> Normalisation.STANDARDIZE;
      case "minmax" -> Normalisation.MINMAX;
      default ->
          throw new InvalidRewardException(
              "invalid_ensemble",
              "normalize is none, standardize or minmax, not '%s'".formatted(name),
              "reward.rewards.normalize");
    };
  }

  private static boolean isOverGroup(String over) {
    return switch (over == null ? "group" : over) {
      case "group" -> true;
      case "request" -> false;
      default ->
          throw new InvalidRewardException(
              "invalid_ensemble",
              "over is group or request, not '%s'".formatted(over),
              "reward.rewards.over");
    };
  }

  private static Clip clip(RewardSpec.Clip clip) {
    return clip == null
        ? Clip.NONE
        : new Clip(
            clip.low() == null ? Double.NEGATIVE_INFINITY : clip.low(),
            clip.high() == null ? Double.POSITIVE_INFINITY : clip.high());
  }
}
