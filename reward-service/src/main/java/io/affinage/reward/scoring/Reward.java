package io.affinage.reward.scoring;

import java.util.List;

/**
 * One way to score completions. A learned reward model joins as one more case: it scores the whole
 * batch at once, which is why the interface takes a list.
 */
public sealed interface Reward
    permits ExactMatch, RegexMatch, NumericAnswer, SchemaMatch, LengthBand {

  /**
   * Scores a batch.
   *
   * @return one score per candidate, in their order
   */
  default List<Score> score(List<Candidate> candidates) {
    return candidates.stream()
        .map(
            candidate ->
                candidate.completion() == null
                    ? new Score.Unscorable("the item has no completion")
                    : scoreOne(candidate))
        .toList();
  }

  /**
   * Scores one candidate.
   *
   * @param candidate its completion is not null
   */
  Score scoreOne(Candidate candidate);
}
