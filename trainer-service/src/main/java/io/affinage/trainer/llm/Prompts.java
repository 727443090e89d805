package io.affinage.trainer.llm;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
        int[] ids = asked(encoder, row.example());
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
    return new Prompts(prompts, rows, List.copyOf(warnings));
  }

  /** What stands before the answer, or all where there is none. */
  private static int[] asked(ExampleEncoder encoder, Example example) {
    if (example instanceof Example.Completion text && text.completion().isEmpty()) {
      int[] ids = encoder.prompt(text.prompt());
      if (ids.length == 0) {
        throw new LlmException(
            "no_prompts", "row %s is empty, which asks nothing".formatted(text.id()));
      }
      return ids;
    }
    if (example instanceof Example.Chat chat
        && !chat.messages().get(chat.messages().size() - 1).isAssistant()) {
      return encoder.prompt(chat);
    }
    TokenizedExample encoded = encoder.encode(example);
    return Arrays.copyOf(encoded.ids(), encoded.targetSpans()[0]);
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
