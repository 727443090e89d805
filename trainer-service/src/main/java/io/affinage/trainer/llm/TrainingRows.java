package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.DocumentRows;
import io.affinage.llm.data.EncodedExamples;
import io.affinage.llm.data.EncodedPairs;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.PreferenceEncoder;
import io.affinage.llm.data.PreferencePair;
import io.affinage.llm.data.RefusedExample;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Token rows to learn from.
 *
 * @param rows what a batch counts: single examples, for {@code pretrain} rows of documents, for
 *     preferences pairs
 * @param counts what became of the dataset, by metric name
 * @param warnings what of it is not learned, or otherwise than it was given
 */
record TrainingRows(List<Group> rows, Map<String, Double> counts, List<Warning> warnings) {
  private static final String LAYOUT = "dataset_layout_unsupported";

  TrainingRows {
    rows = List.copyOf(rows);
    warnings = List.copyOf(warnings);
  }

  /**
   * The rows of a split that is learned.
   *
   * @throws LlmException {@code too_many_tokens_lost} where more than a fifth of the tokens would
   *     be cut off or dropped and the specification does not allow it, {@code no_examples_left} and
   *     what encoding throws
   */
  static TrainingRows of(DatasetRows.Split<Example> split, TrainingSpec spec, LanguageModel model) {
    RowReport report = new RowReport(split, spec, model.decoder().shape().maxPositions());
    List<Group> rows = rows(split, spec, model, report);
    report.requireLittleLost();
    return new TrainingRows(rows, report.counts(), report.warnings());
  }

  /** The rows of a split that is only measured: whatever is left of it will do. */
  static TrainingRows measured(
      DatasetRows.Split<Example> split, TrainingSpec spec, LanguageModel model) {
    RowReport report = new RowReport(split, spec, model.decoder().shape().maxPositions());
    List<Group> rows = rows(split, spec, model, report);
    return new TrainingRows(rows, report.counts(), report.warnings());
  }

  /**
   * The preference pairs of a split that is learned.
   *
   * @throws LlmException as {@link #of}
   */
  static TrainingRows ofPairs(
      DatasetRows.Split<PreferencePair> split, TrainingSpec spec, LanguageModel model) {
    RowReport report = new RowReport(split, spec, model.decoder().shape().maxPositions());
    List<Group> pairs = pairs(split, spec, model, report);
    report.requireLittleLost();
    return new TrainingRows(pairs, report.counts(), report.warnings());
  }

  /** The preference pairs of a split that is only measured: whatever is left of it will do. */
  static TrainingRows measuredPairs(
      DatasetRows.Split<PreferencePair> split, TrainingSpec spec, LanguageModel model) {
    RowReport report = new RowReport(split, spec, model.decoder().shape().maxPositions());
    List<Group> pairs = pairs(split, spec, model, report);
    return new TrainingRows(pairs, report.counts(), report.warnings());
  }

  private static List<Group> pairs(
      DatasetRows.Split<PreferencePair> split,
      TrainingSpec spec,
      LanguageModel model,
      RowReport report) {
    EncodedPairs encoded =
        new PreferenceEncoder(
                model.tokenizer(), model.chatTemplate(), encoding(spec, report, AnswerTargets.ALL))
            .encodeAll(split.rows());
    report.answers(encoded.report());
    return encoded.pairs();
  }

  private static ExampleEncoder.Settings encoding(
      TrainingSpec spec, RowReport report, AnswerTargets targets) {
    return new ExampleEncoder.Settings(
        report.maxLength(),
        OverlengthPolicy.valueOf(spec.overlength().toUpperCase(Locale.ROOT)),
        targets,
        spec.strict());
  }

  private static List<Group> rows(
      DatasetRows.Split<Example> split, TrainingSpec spec, LanguageModel model, RowReport report) {
    return spec.method().equals(SpecResolver.PRETRAIN)
        ? documents(split, spec, model, report)
        : answers(split, spec, model, report);
  }

  private static List<Group> documents(
      DatasetRows.Split<Example> split, TrainingSpec spec, LanguageModel model, RowReport report) {
    List<int[]> documents = new ArrayList<>();
    List<RefusedExample> refused = new ArrayList<>();
    for (int i = 0; i < split.rows().size(); i++) {
      Example example = split.rows().get(i);
      try {
        documents.add(model.tokenizer().encode(document(example)));
      } catch (LlmException e) {
        if (spec.strict() || e.code().equals(LAYOUT)) {
          throw e;
        }
        refused.add(new RefusedExample(i, example.id(), e.code(), e.getMessage()));
      }
    }
    DocumentRows rows =
        DocumentRows.of(
            documents, model.definition().specialTokens().requireEos(), report.maxLength());
    if (rows.rows().isEmpty()) {
      throw new LlmException(
          "no_examples_left",
          "the documents have %d tokens in all, too few for one row of %d: give more text, or lower maxLength"
              .formatted(rows.remainder(), report.maxLength()));
    }
    report.documents(documents.size(), rows, refused);
    return rows.rows().stream().map(Group::new).toList();
  }

  static String document(Example example) {
    if (example instanceof Example.Text text) {
      return text.document();
    }
    if (example instanceof Example.Completion completion) {
      return completion.prompt() + completion.completion();
    }
    throw new LlmException(
        LAYOUT, "row " + example.id() + " is a conversation; pretrain learns from text");
  }

  private static List<Group> answers(
      DatasetRows.Split<Example> split, TrainingSpec spec, LanguageModel model, RowReport report) {
    EncodedExamples encoded =
        new ExampleEncoder(
                model.tokenizer(), model.chatTemplate(), encoding(spec, report, targets(spec)))
            .encodeAll(split.rows());
    report.answers(encoded.report());
    return encoded.examples().stream()
        .map(e -> spec.completionOnly() ? e : everything(e))
        .map(Group::of)
        .toList();
  }

  private static AnswerTargets targets(TrainingSpec spec) {
    return "last_answer".equals(spec.trainOn()) ? AnswerTargets.LAST : AnswerTargets.ALL;
  }

  private static TokenizedExample everything(TokenizedExample example) {
    return TokenizedExample.targetsFrom(example.id(), example.ids(), 0);
  }

  /** The single examples of all rows. */
  List<TokenizedExample> examples() {
    return rows.stream()
        .flatMap(row -> row.members().stream())
        .filter(e -> e.targetCount() > 0)
        .toList();
  }
}
