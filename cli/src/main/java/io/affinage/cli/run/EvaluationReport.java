package io.affinage.cli.run;

import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.terminal.Table;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationCompleted.Comparison;
import io.affinage.events.EvaluationCompleted.Estimate;
import io.affinage.events.EvaluationCompleted.Sample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** An evaluation for people and for programs. */
public final class EvaluationReport {
  private static final String TUNED = "tuned";

  /** The others stand between these, in the order of the evaluation. */
  private static final List<String> FIRST = List.of("base");

  private static final List<String> LAST = List.of("prompted", TUNED);

  private static final String REWARD_ACCURACY = "reward_accuracy";

  private final EvaluationCompleted evaluation;
  private final ModelSummary.Decision decision;

  /**
   * @param decision null while none was made
   */
  public EvaluationReport(EvaluationCompleted evaluation, ModelSummary.Decision decision) {
    this.evaluation = evaluation;
    this.decision = decision;
  }

  /** The deciding metric by variant, the comparison and the decision. */
  public Map<String, Object> json() {
    Map<String, Object> variants = new LinkedHashMap<>();
    for (String variant : variants(evaluation.variants())) {
      Map<String, Estimate> metrics = evaluation.variants().get(variant);
      if (metrics.containsKey(evaluation.decidingMetric())) {
        variants.put(variant, metrics.get(evaluation.decidingMetric()));
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("evaluation", variants);
    json.put("metric", evaluation.decidingMetric());
    json.put("metrics", evaluation.variants());
    json.put("comparison", evaluation.comparison());
    if (evaluation.comparisons() != null) {
      json.put("comparisons", evaluation.comparisons());
      json.put("reference", evaluation.reference());
    }
    json.put("items", evaluation.items());
    json.put("left_out", evaluation.leftOut());
    if (evaluation.warnings() != null) {
      json.put("warnings", evaluation.warnings());
    }
    if (decision != null) {
      json.put("decision", decision.promoted() ? "promoted" : "rejected");
      json.put("reason", decision.reason());
    }
    return json;
  }

  /** The table, the comparison and the decision. */
  public List<String> lines() {
    Table table = new Table("model", "metric", "score", "95% interval", "items");
    for (String variant : variants(evaluation.variants())) {
      evaluation
          .variants()
          .get(variant)
          .forEach(
              (metric, at) ->
                  table.row(
                      variant,
                      metric,
                      number(at.score(), metric),
                      number(at.low(), metric) + " to " + number(at.high(), metric),
                      Integer.toString(at.n())));
    }
    List<String> lines = new ArrayList<>(table.lines());
    String reference = evaluation.reference() == null ? "base" : evaluation.reference();
    if (REWARD_ACCURACY.equals(evaluation.decidingMetric())) {
      reference = "chance"; // a reward model is held to no other
    }
    Map<String, Comparison> comparisons = new LinkedHashMap<>();
    if (evaluation.comparisons() != null) {
      variants(evaluation.comparisons())
          .forEach(other -> comparisons.put(other, evaluation.comparisons().get(other)));
    }
    if (evaluation.comparison() != null) {
      comparisons.put(reference, evaluation.comparison());
    }
    if (!comparisons.isEmpty()) {
      lines.add("");
    }
    comparisons.forEach((other, comparison) -> lines.add(line(other, comparison)));
    if (decision != null) {
      lines.add((decision.promoted() ? "promoted: " : "rejected: ") + decision.reason());
    }
    if (evaluation.warnings() != null) {
      evaluation.warnings().forEach(warning -> lines.add("warning: " + warning.message()));
    }
    if (evaluation.leftOut() > 0) {
      lines.add("%,d more items of the split were left out.".formatted(evaluation.leftOut()));
    }
    return lines;
  }

  private static String line(String other, Comparison comparison) {
    return "tuned against %s: %s%s (95%% interval %s to %s), p %s"
        .formatted(
            other,
            comparison.gain() < 0 ? "" : "+",
            number(comparison.gain(), comparison.metric()),
            number(comparison.low(), comparison.metric()),
            number(comparison.high(), comparison.metric()),
            comparison.pValue() < 0.001
                ? "< 0.001"
                : String.format(Locale.ROOT, "= %.3f", comparison.pValue()));
  }

  /** The names of all that was measured, in the order of the report. */
  private static List<String> variants(Map<String, ?> measured) {
    List<String> variants = new ArrayList<>(measured.keySet());
    // Stable: the rest keeps its order.
    variants.sort(
        Comparator.comparingInt(
            name -> FIRST.contains(name) ? -1 : LAST.contains(name) ? 1 + LAST.indexOf(name) : 0));
    return variants;
  }

  /** At most so many items with every variant's answer, and what the reward gave it. */
  public List<String> sampleLines(int most) {
    List<String> lines = new ArrayList<>();
    for (Sample sample : evaluation.samples().stream().limit(most).toList()) {
      lines.add("");
      field(lines, "prompt", sample.prompt());
      field(lines, "expected", sample.reference());
      for (String variant : variants(sample.answers())) {
        Double score = sample.scores() == null ? null : sample.scores().get(variant);
        field(
            lines,
            variant,
            (score == null ? "" : String.format(Locale.ROOT, "[%.3f] ", score))
                + Objects.toString(sample.answers().get(variant), "").strip());
      }
    }
    return lines;
  }

  private static void field(List<String> lines, String name, String text) {
    String shown = text == null ? "" : text.strip();
    shown = shown.length() > 600 ? shown.substring(0, 600) + " ..." : shown;
    lines.add("  %-9s %s".formatted(name, shown.replace("\n", "\n            ")));
  }

  /** Shares in percent; perplexities, lengths, and margins, which are in nats, as they are. */
  private static String number(double value, String metric) {
    boolean share =
        metric.equals("exact_match")
            || metric.startsWith("multiple_choice")
            || metric.equals("win_rate")
            || metric.contains("accuracy");
    return share
        ? String.format(Locale.ROOT, "%.1f%%", 100 * value)
        : String.format(Locale.ROOT, "%.3f", value);
  }
}
