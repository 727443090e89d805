package io.affinage.trainer.llm;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.reward.RewardException;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.rollout.PolicySignals;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.Rollout;
import io.affinage.llm.rollout.RolloutLog;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.trainer.engine.AnswerScorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Answers that are sampled as training goes, and how they are scored. */
final class SampledAnswers {
  private SampledAnswers() {}

  /**
   * The source of a job's batches.
   *
   * @param policy what is trained
   * @param reference the model that the stage starts from; empty where it is not kept
   * @param values the head of values beside the policy; empty where there is none
   * @throws LlmException {@code reference_not_kept}
   */
  static RolloutSource source(
      TrainingSpec spec,
      SampledObjective objective,
      LanguageModel model,
      BlockAdapter policy,
      Optional<BlockAdapter> reference,
      Optional<ScalarHead> values,
      Prompts prompts,
      AnswerScorer scorer) {
    if (reference.isEmpty() && SampledSettings.rewardsCompare(objective)) {
      throw new LlmException(
          "reference_not_kept",
          "rewards are compared with the model that training starts from, which is not there any more while its weights are trained: train an adapter, or set what the divergence costs (beta, klCoef) to 0");
    }
    Optional<BlockAdapter> looked =
        reference.filter(each -> SampledSettings.looksAtReference(objective));
    return new RolloutSource(
        model.decoder(),
        policy,
        prompts.prompts(),
        SampledSettings.rollouts(
            spec, objective, model.tokenizer().specialTokens().stops(), looked.isPresent()),
        reward(objective.reward(), model, prompts, scorer),
        new PolicySignals(model.decoder(), policy, looked, values, objective.temperature()),
        RolloutLog.NONE,
        () -> "");
  }

  private static RewardFunction reward(
      RewardSpec reward, LanguageModel model, Prompts prompts, AnswerScorer scorer) {
    Set<Integer> stops = model.tokenizer().specialTokens().stops();
    return rollouts -> {
      List<RewardRequested.Item> items = new ArrayList<>();
      for (Rollout rollout : rollouts) {
        PromptRow row = prompts.rows().get(rollout.prompt().id());
        items.add(
            new RewardRequested.Item(
                rollout.id(),
                row.question(),
                text(model, rollout.answer().ids(), stops),
                row.reference()));
      }
      List<OptionalDouble> scores;
      try {
        scores = scorer.score(reward, items);
      } catch (RewardException e) {
        throw new LlmException(e.code(), e.getMessage(), e);
      }
      return scores;
    };
  }

  /** Without the token that ended it, and without ids beyond the vocabulary, which name nothing. */
  private static String text(LanguageModel model, int[] ids, Set<Integer> stops) {
    int length =
        ids.length > 0 && stops.contains(ids[ids.length - 1]) ? ids.length - 1 : ids.length;
    return model
        .tokenizer()
        .decode(
            Arrays.stream(ids, 0, length)
                .filter(id -> model.tokenizer().token(id).isPresent())
                .toArray());
  }
}
