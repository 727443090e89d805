package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.DocumentRows;
import io.affinage.llm.data.EncodedExamples;
import io.affinage.llm.data.EncodingReport;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.trainer.spec.SpecResolver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Token rows to learn from.
 *
 * @param rows what a batch counts: single examples, or for {@code pretrain} rows of documents
 * @param counts what became of the dataset, by metric name
 */
record TrainingRows(List<List<TokenizedExample>> rows, Map<String, Double> counts) {

  /**
   * @throws LlmException {@code no_examples_left} and what encoding throws
   */
  static TrainingRows of(List<Example> examples, TrainingSpec spec, LanguageModel model) {
    int maxLength = Math.min(spec.maxLength(), model.decoder().shape().maxPositions());
    return spec.method().equals(SpecResolver.PRETRAIN)
        ? documents(examples, maxLength, model)
        : answers(examples, spec, maxLength, model);
  }

  private static TrainingRows documents(
      List<Example> examples, int maxLength, LanguageModel model) {
    DocumentRows rows =
        DocumentRows.of(
            examples.stream().map(e -> model.tokenizer().encode(document(e))).toList(),
            model.definition().specialTokens().requireEos(),
            maxLength);
    if (rows.rows().isEmpty()) {
      throw new LlmException(
          "no_examples_left",
          "the documents have %d tokens in all, too few for one row of %d: give more text, or lower maxLength"
              .formatted(rows.remainder(), maxLength));
    }
    Map<String, Double> counts = new LinkedHashMap<>();
    counts.put("documents", (double) examples.size());
    counts.put("rows", (double) rows.rows().size());
    counts.put("tokens_left_out", (double) rows.remainder());
    return new TrainingRows(rows.rows(), counts);
  }

  static String document(Example example) {
    if (example instanceof Example.Text text) {
      return text.document();
    }
    if (example instanceof Example.Completion completion) {
      return completion.prompt() + completion.completion();
    }
    throw new LlmException(
        "dataset_layout_unsupported",
        "row " + example.id() + " is a conversation; pretrain learns from text");
  }

  private static TrainingRows answers(
      List<Example> examples, TrainingSpec spec, int maxLength, LanguageModel model) {
    EncodedExamples encoded =
        new ExampleEncoder(
                model.tokenizer(),
                model.chatTemplate(),
                new ExampleEncoder.Settings(
                    maxLength,
                    OverlengthPolicy.valueOf(spec.overlength().toUpperCase(Locale.ROOT)),
                    AnswerTargets.LAST))
            .encodeAll(examples);
    EncodingReport report = encoded.report();
    Map<String, Double> counts = new LinkedHashMap<>();
    counts.put("examples", (double) report.examples());
    counts.put("examples_dropped_overlength", (double) report.dropped());
    counts.put("examples_truncated", (double) report.truncated());
    return new TrainingRows(
        encoded.examples().stream()
            .map(e -> spec.completionOnly() ? e : everything(e))
            .map(List::of)
            .toList(),
        counts);
  }

  private static TokenizedExample everything(TokenizedExample example) {
    return TokenizedExample.targetsFrom(example.id(), example.ids(), 0);
  }

  /** The single examples of all rows. */
  List<TokenizedExample> examples() {
    return rows.stream().flatMap(List::stream).filter(e -> e.targetCount() > 0).toList();
  }
}
