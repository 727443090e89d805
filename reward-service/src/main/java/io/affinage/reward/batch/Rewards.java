package io.affinage.reward.batch;

import io.affinage.events.RewardInstruction;
import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.ExactMatch;
import io.affinage.reward.scoring.FollowedInstructions;
import io.affinage.reward.scoring.FormatMatch;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.LengthBand;
import io.affinage.reward.scoring.NumericAnswer;
import io.affinage.reward.scoring.RegexMatch;
import io.affinage.reward.scoring.Reward;
import io.affinage.reward.scoring.SchemaMatch;
import io.affinage.reward.scoring.ifeval.Instruction;
import java.util.List;

/** The one place where a reward on the wire becomes a reward that scores. */
final class Rewards {
  private Rewards() {}

  /**
   * @throws InvalidRewardException when the specification cannot be used
   */
  static Reward from(RewardSpec spec) {
    if (spec == null) {
      throw new InvalidRewardException(
          "missing_reward", "the request names no reward to score with", "reward");
    }
    if (spec instanceof RewardSpec.ExactMatch exact) {
      return new ExactMatch(exact.ignoreCase(), exact.ignorePunctuation());
    }
    if (spec instanceof RewardSpec.Regex regex) {
      return new RegexMatch(regex.pattern());
    }
    if (spec instanceof RewardSpec.NumericAnswer numeric) {
      return new NumericAnswer(numeric.tolerance());
    }
    if (spec instanceof RewardSpec.JsonSchema json) {
      return new SchemaMatch(json.schema());
    }
    if (spec instanceof RewardSpec.Length length) {
      return new LengthBand(length.minCharacters(), length.maxCharacters());
    }
    if (spec instanceof RewardSpec.IfEval ifEval) {
      return new FollowedInstructions(
          instructions(ifEval.instructions()), counting(ifEval.score()), ifEval.loose());
    }
    if (spec instanceof RewardSpec.Format format) {
      return new FormatMatch(
          format.template(),
          format.pattern(),
          format.prefix(),
          format.partial(),
          format.allowEmpty());
    }
    throw new InvalidRewardException(
        "unsupported_reward",
        "this version cannot score with " + spec.getClass().getSimpleName(),
        "reward");
  }

  /** Null stays null. */
  static List<Instruction> instructions(List<RewardInstruction> instructions) {
    return instructions == null
        ? null
        : instructions.stream().map(each -> new Instruction(each.id(), each.kwargs())).toList();
  }

  private static FollowedInstructions.Counting counting(String name) {
    if (name == null || name.equals("all")) {
      return FollowedInstructions.Counting.ALL;
    }
    if (name.equals("mean")) {
      return FollowedInstructions.Counting.MEAN;
    }
    throw new InvalidRewardException(
        "invalid_score", "ifeval's score is all or mean, not '%s'".formatted(name), "reward.score");
  }
}
