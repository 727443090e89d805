package io.affinage.reward.batch;

import io.affinage.events.RewardSpec;
import io.affinage.reward.scoring.ExactMatch;
import io.affinage.reward.scoring.InvalidRewardException;
import io.affinage.reward.scoring.LengthBand;
import io.affinage.reward.scoring.NumericAnswer;
import io.affinage.reward.scoring.RegexMatch;
import io.affinage.reward.scoring.Reward;
import io.affinage.reward.scoring.SchemaMatch;

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
    throw new InvalidRewardException(
        "unsupported_reward",
        "this version cannot score with " + spec.getClass().getSimpleName(),
        "reward");
  }
}
