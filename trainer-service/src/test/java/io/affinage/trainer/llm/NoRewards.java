package io.affinage.trainer.llm;

import io.affinage.trainer.engine.AnswerScorer;

/** Where nothing is sampled. */
public final class NoRewards {
  public static final AnswerScorer SCORER =
      (reward, answers, at, waiting) -> {
        throw new AssertionError("no answer is to be scored here");
      };

  private NoRewards() {}
}
