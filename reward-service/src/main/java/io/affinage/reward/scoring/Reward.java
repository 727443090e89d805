package io.affinage.reward.scoring;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to score completions. A learned reward model joins as one more case: it scores the whole
 * batch at once, which is why the interface takes a list.
 */
public sealed interface Reward
    permits ExactMatch,
        RegexMatch,
        NumericAnswer,
        SchemaMatch,
        LengthBand,
        FollowedInstructions,
        FormatMatch {

  /**
   * Scores a batch. An item that costs too much, or cannot be scored, has no effect on the others,
   * as long as the budget of all lasts.
   *
   * @return one score per candidate, in their order
   */
  default List<Score> score(List<Candidate> candidates, RequestBudget budget) {
    List<Score> scores = new ArrayList<>(candidates.size());
    for (Candidate candidate : candidates) {
      if (!budget.isLeft()) {
        scores.add(
            new Score.Unscorable(
                "request_budget_exhausted",
                "the items before took all that a request may; send fewer or smaller ones"));
        continue;
      }
      Budget item = budget.item();
      scores.add(score(candidate, item));
      budget.charge(item);
    }
    return scores;
  }

  /** Scores one candidate, whatever happens while it is scored. */
  private Score score(Candidate candidate, Budget budget) {
    if (candidate.completion() == null) {
      return new Score.Unscorable("missing_completion", "the item has no completion");
    }
    try {
      return scoreOne(candidate, budget);
    } catch (Budget.ExhaustedException e) {
      return new Score.Unscorable("budget_exhausted", e.getMessage());
    } catch (StackOverflowError e) {
      return new Score.Unscorable("too_deep", "the completion is nested too deeply to be scored");
    }
  }

  /** As the other, with a budget of its own. */
  default Score scoreOne(Candidate candidate) {
    return score(candidate, Budget.ofItem());
  }

  /**
   * Scores one candidate.
   *
   * @param candidate its completion is not null
   * @param budget what it may cost; what is long is charged before it is done
   */
  Score scoreOne(Candidate candidate, Budget budget);
}
