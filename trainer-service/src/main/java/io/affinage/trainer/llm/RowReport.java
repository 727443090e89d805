package io.affinage.trainer.llm;

import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.llm.data.Adjustment;
import io.affinage.llm.data.DocumentRows;
import io.affinage.llm.data.EncodingReport;
import io.affinage.llm.data.RefusedExample;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What became of a split's rows: counted for programs, told in sentences for people. */
final class RowReport {
  /** The share of a split's tokens above which losing them must be allowed. */
  private static final double LARGE_SHARE = 0.2;

  private static final int NAMED = 5;
  private static final int LONGEST = 300;

  private final DatasetRows.Split<?> split;
  private final TrainingSpec spec;
  private final int maxLength;
  private final Map<String, Double> counts = new LinkedHashMap<>();
  private final List<Warning> warnings = new ArrayList<>();
  private long tokens;
  private long lost;
  private boolean onlyRemainder;

  /**
   * @param context tokens that the model takes
   */
  RowReport(DatasetRows.Split<?> split, TrainingSpec spec, int context) {
    this.split = split;
    this.spec = spec;
    int virtual = AdapterOfSpec.virtualTokens(spec.adapter());
    this.maxLength = Math.min(spec.maxLength(), context - virtual);
    if (maxLength < spec.maxLength()) {
      warnings.add(
          new Warning(
              "max_length_clipped",
              "max_length is %,d, but the model's context has %,d tokens%s, which is what an example may have"
                  .formatted(
                      spec.maxLength(),
                      maxLength,
                      virtual == 0 ? "" : " beside the adapter's " + virtual + " virtual ones")));
    }
  }

  /** Tokens that an example may have. */
  int maxLength() {
    return maxLength;
  }

  void answers(EncodingReport report) {
    tokens = report.tokens();
    lost = report.tokensLost();
    counts.put("examples", (double) report.examples());
    counts.put("examples_dropped_overlength", (double) report.dropped());
    counts.put("examples_truncated", (double) report.truncated());
    leftOut(report.refused(), report.firstRefusals());
    lost(
        "%s dropped and %s cut at max_length %,d"
            .formatted(rows(report.dropped()), rows(report.truncated()), maxLength));
    new TreeMap<>(report.adjustments()).forEach(this::adjusted);
  }

  void documents(int documents, DocumentRows rows, List<RefusedExample> refused) {
    tokens = rows.tokens();
    lost = rows.remainder();
    onlyRemainder = true;
    counts.put("documents", (double) documents);
    counts.put("rows", (double) rows.rows().size());
    counts.put("tokens_left_out", (double) rows.remainder());
    leftOut(
        refused.stream().collect(Collectors.toMap(RefusedExample::code, each -> 1, Integer::sum)),
        refused);
    lost("what is left at the end does not fill a row of max_length %,d".formatted(maxLength));
  }

  private void leftOut(Map<String, Integer> byCode, List<RefusedExample> first) {
    int all = byCode.values().stream().mapToInt(Integer::intValue).sum();
    counts.put("rows_left_out", (double) all);
    if (all == 0) {
      return;
    }
    new TreeMap<>(byCode)
        .forEach((code, count) -> counts.put("rows_left_out_" + code, (double) count));
    String named =
        first.stream()
            .limit(NAMED)
            .map(
                refusal ->
                    "line %d: %s [%s]"
                        .formatted(
                            split.lines().get(refusal.index()),
                            shortened(refusal.message()),
                            refusal.code()))
            .collect(Collectors.joining("; "));
    warnings.add(
        new Warning(
            "rows_left_out",
            "%s of %,d in %s %s not learned from (%s). %s%s"
                .formatted(
                    rows(all),
                    split.rows().size(),
                    split.file(),
                    all == 1 ? "is" : "are",
                    byCodes(byCode),
                    named,
                    all > NAMED ? "; and others" : "")));
  }

  private static String byCodes(Map<String, Integer> byCode) {
    return new TreeMap<>(byCode)
        .entrySet().stream()
            .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining(", "));
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST ? message : message.substring(0, LONGEST) + "...";
  }

  private static String rows(int count) {
    return "%,d %s".formatted(count, count == 1 ? "row" : "rows");
  }

  private double share() {
    return lost == 0 ? 0 : (double) lost / (tokens + lost);
  }

  private void lost(String how) {
    counts.put("tokens_lost", (double) lost);
    counts.put("tokens_lost_share", share());
    if (lost > 0) {
      warnings.add(new Warning("tokens_lost", told(how)));
    }
  }

  private String told(String how) {
    return "%s of the tokens in %s (%,d of %,d) are not learned: %s"
        .formatted(percent(share()), split.file(), lost, tokens + lost, how);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, share < 0.001 ? "%.3f%%" : "%.1f%%", 100 * share);
  }

  private void adjusted(Adjustment what, int count) {
    String code = what.name().toLowerCase(Locale.ROOT);
    counts.put("rows_" + code, (double) count);
    warnings.add(
        new Warning(
            code,
            "in %s of %s %s"
                .formatted(
                    rows(count),
                    split.file(),
                    switch (what) {
                      case BOUNDARY_MOVED ->
                          "the target begins a token before the answer, where the tokens of the prompt alone and of the whole part";
                      case SPECIAL_TOKENS_ONCE ->
                          "special tokens that the tokenizer puts around texts stood in the text already; they stand once";
                      case SPLIT_BY_ANSWER ->
                          "the chat template writes earlier turns differently later on, so each answer is an example of its own";
                      case TOOLS_NOT_WRITTEN ->
                          "the chat template does not write the tools, so the model learns without them";
                      case TURN_NOT_WRITTEN ->
                          "the chat template leaves the text of a turn out that is not the assistant's";
                      case REASONING_NOT_WRITTEN ->
                          "the chat template leaves the reasoning of an answer out, so it is not learned";
                      case ANSWER_WITHOUT_END ->
                          "an answer is not followed by an end-of-text token";
                    })));
  }

  /**
   * What does not fill a last row is told, but never too much: no setting would keep it.
   *
   * @throws LlmException {@code too_many_tokens_lost}
   */
  void requireLittleLost() {
    if (share() > LARGE_SHARE && !onlyRemainder && !spec.allowTokenLoss()) {
      String what =
          warnings.stream()
              .filter(warning -> warning.code().equals("tokens_lost"))
              .map(Warning::message)
              .findFirst()
              .orElseThrow();
      throw new LlmException(
          "too_many_tokens_lost",
          what
              + ". If that is meant, say so in the recipe: allow_token_loss: true"
              + (spec.overlength() == null ? "" : " (or overlength: drop or truncate)")
              + "; else raise max_length within the model's context, or split long rows");
    }
  }

  Map<String, Double> counts() {
    return counts;
  }

  List<Warning> warnings() {
    return warnings;
  }
}
