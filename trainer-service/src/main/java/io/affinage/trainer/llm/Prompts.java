package io.affinage.trainer.llm;

import io.affinage.events.LearnedRewards;
import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.rollout.RolloutPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The questions of a dataset as the model reads them: what supervised fine-tuning would mask.
 *
 * @param prompts by id of their row
 * @param rows by id
 * @param warnings what of the dataset is not asked
 */
record Prompts(List<RolloutPrompt> prompts, Map<String, PromptRow> rows, List<Warning> warnings) {

  /**
   * Encodes the rows.
   *
   * @throws LlmException {@code no_examples_left} when no question leaves room for an answer; what
   *     encoding throws where the specification is strict
   */
  static Prompts of(
      DatasetRows.Split<PromptRow> split,
      TrainingSpec spec,
      SampledObjective objective,
      LanguageModel model) {
    int context = model.decoder().shape().maxPositions();
    int room = Math.min(spec.maxLength(), context - objective.maxCompletionLength());
    ExampleEncoder encoder =
        new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                Integer.MAX_VALUE, OverlengthPolicy.FAIL, AnswerTargets.LAST, spec.strict()));
    List<RolloutPrompt> prompts = new ArrayList<>();
    Map<String, PromptRow> rows = new HashMap<>();
    List<String> leftOut = new ArrayList<>();
    for (PromptRow row : split.rows()) {
      try {
        TokenizedExample encoded = encoder.encode(row.example());
        int[] ids = Arrays.copyOf(encoded.ids(), encoded.targetSpans()[0]);
        if (ids.length > room) {
          throw new LlmException(
              "example_too_long",
              "the prompt of row %s has %d tokens, of which %d leave room for an answer"
                  .formatted(row.example().id(), ids.length, room));
        }
        if (rows.put(row.example().id(), row) == null) {
          prompts.add(new RolloutPrompt(row.example().id(), ids));
        }
      } catch (LlmException e) {
        if (spec.strict()) {
          throw e;
        }
        leftOut.add(e.getMessage());
      }
    }
    if (prompts.isEmpty()) {
      throw new LlmException(
          "no_examples_left",
          "no row of the split train can be asked: " + (leftOut.isEmpty() ? "" : leftOut.get(0)));
    }
    List<Warning> warnings = new ArrayList<>();
    if (!leftOut.isEmpty()) {
      warnings.add(
          new Warning(
              "rows_left_out",
              "%d of %d rows are not asked; the first: %s"
                  .formatted(leftOut.size(), split.rows().size(), leftOut.get(0))));
    }
    if (!LearnedRewards.of(spec).isEmpty()) {
      unseenTurns(rows.values()).ifPresent(warnings::add);
    }
    return new Prompts(prompts, rows, List.copyOf(warnings));
  }

  /** What a reward model, which is shown a question and an answer, is not shown. */
  static Optional<Warning> unseenTurns(Collection<PromptRow> rows) {
    long longer =
        rows.stream()
            .filter(row -> row.example() instanceof Example.Chat chat && chat.messages().size() > 2)
            .count();
    return longer == 0
        ? Optional.empty()
        : Optional.of(
            new Warning(
                "reward_sees_last_turn",
                "in %d of %d rows turns come before the question, a system prompt or earlier ones: the policy reads them, but the reward model scores the answer to the last turn alone"
                    .formatted(longer, rows.size())));
  }

  /** By metric name. */
  Map<String, Double> counts() {
    Map<String, Double> counts = new HashMap<>();
    counts.put("prompts", (double) prompts.size());
    counts.put(
        "prompt_tokens", (double) prompts.stream().mapToInt(prompt -> prompt.ids().length).sum());
    return counts;
  }
}
