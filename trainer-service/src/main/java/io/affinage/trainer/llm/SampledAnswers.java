package io.affinage.trainer.llm;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.reward.RewardException;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.rollout.PolicySignals;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.Rollout;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.llm.training.StopRequestedException;
import io.affinage.trainer.engine.AnswerScorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Answers that are sampled as training goes, and how they are scored. */
final class SampledAnswers {
  private SampledAnswers() {}

  /**
   * The source of a job's batches.
   *
   * @param policy what is trained
   * @param reference the model that the stage starts from; empty where it is not kept
   * @param values the head of values; empty where there is none
   * @param valueAdapter the adapter that values are read with; empty for the policy's
   * @param stop whether to stop, asked while answers are sampled and while scores are waited for
   * @param digest of what is trained, as it is now
   * @throws LlmException {@code reference_not_kept}
   */
  static RolloutSource source(
      TrainingSpec spec,
      SampledObjective objective,
      LanguageModel model,
      BlockAdapter policy,
      Optional<BlockAdapter> reference,
      Optional<ScalarHead> values,
      Optional<Adapter> valueAdapter,
      Prompts prompts,
      AnswerScorer scorer,
      RecordedRollouts record,
      BooleanSupplier stop,
      Supplier<String> digest) {
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
            reward(objective, model, prompts, scorer, record, stop),
            new PolicySignals(
                model.decoder(),
                valueAdapter.<BlockAdapter>map(each -> each).orElse(policy),
                looked,
                values,
                objective.temperature()),
            record,
            digest)
        .stoppedBy(stop);
  }

  /** The name of a reward of an ensemble, which is its type's where it has none. */
  static String name(RewardSpec.Member member) {
    return member.name() != null
        ? member.name()
        : Arrays.stream(RewardSpec.class.getAnnotation(JsonSubTypes.class).value())
            .filter(type -> type.value() == member.reward().getClass())
            .map(JsonSubTypes.Type::name)
            .findFirst()
            .orElseThrow();
  }

  /** The metric of what a reward of an ensemble gives. */
  static String share(String name) {
    return "rewards/" + name + "/mean";
  }

  private static RewardFunction reward(
      SampledObjective objective,
      LanguageModel model,
      Prompts prompts,
      AnswerScorer scorer,
      RecordedRollouts record,
      BooleanSupplier stop) {
    RewardSpec reward = objective.reward();
    // What an ensemble brings to one scale is compared within them; of one answer there is nothing.
    boolean grouped = objective.numGenerations() > 1;
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
                row.reference(),
                null,
                grouped ? rollout.prompt().id() : null,
                row.messages(),
                row.tools()));
      }
      try {
        long asked = System.nanoTime();
        AnswerScorer.Scores scores =
            scorer.score(
                reward,
                items,
                record.sampledAt(),
                () -> {
                  if (stop.getAsBoolean()) {
                    throw new StopRequestedException();
                  }
                });
        Map<String, Double> told = new HashMap<>();
        told.put("scoring_seconds", (System.nanoTime() - asked) / 1e9);
        scores
            .spreads()
            .forEach(
                (name, spread) -> {
                  told.put(share(name), spread.mean());
                  told.put("rewards/" + name + "/std", spread.deviation());
                });
        record.scored(told);
        return scores.values();
      } catch (RewardException e) {
        throw new LlmException(e.code(), e.getMessage(), e);
      }
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
