package io.affinage.trainer.llm;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.GrpoSpec;
import io.affinage.events.objective.RlooSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.reward.RewardException;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Rloo;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.Rollout;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSettings.Estimator;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.trainer.engine.AnswerScorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/** What a specification says of sampled answers, in the model library's terms. */
final class SampledAnswers {
  private SampledAnswers() {}

  static Objective objective(SampledObjective spec) {
    if (spec instanceof GrpoSpec grpo) {
      return new Grpo(
          Grpo.LossType.valueOf(grpo.lossType().toUpperCase(Locale.ROOT)),
          Grpo.Level.valueOf(grpo.importanceSamplingLevel().toUpperCase(Locale.ROOT)),
          grpo.epsilon(),
          grpo.epsilonHigh() == null ? grpo.epsilon() : grpo.epsilonHigh(),
          grpo.beta(),
          grpo.useBiasCorrectionKl(),
          grpo.maxCompletionLength());
    }
    RlooSpec rloo = (RlooSpec) spec;
    return new Rloo(
        rloo.epsilon(), rloo.epsilonHigh() == null ? rloo.epsilon() : rloo.epsilonHigh());
  }

  private static Estimator estimator(SampledObjective spec) {
    if (spec instanceof GrpoSpec grpo) {
      return switch (grpo.scaleRewards()) {
        case "batch" -> Estimator.BATCH;
        case "none" -> Estimator.UNSCALED;
        default -> Estimator.GROUP;
      };
    }
    return Estimator.LEAVE_ONE_OUT;
  }

  /**
   * The source of a job's batches.
   *
   * @param policy what is trained
   */
  static RolloutSource source(
      TrainingSpec spec,
      SampledObjective objective,
      LanguageModel model,
      BlockAdapter policy,
      Prompts prompts,
      AnswerScorer scorer) {
    return new RolloutSource(
        model.decoder(),
        policy,
        prompts.prompts(),
        new RolloutSettings(
            spec.batchSize(),
            objective.numGenerations(),
            objective.numIterations(),
            objective.maxCompletionLength(),
            model.tokenizer().specialTokens().stops(),
            estimator(objective),
            spec.seed()),
        reward(objective.reward(), model, prompts, scorer));
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
