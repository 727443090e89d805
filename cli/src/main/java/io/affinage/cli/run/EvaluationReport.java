package io.affinage.cli.run;

import io.affinage.cli.client.ModelView;
import io.affinage.cli.terminal.Table;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationCompleted.Estimate;
import io.affinage.events.EvaluationCompleted.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An evaluation for people and for programs. */
public final class EvaluationReport {
  private static final List<String> ORDER = List.of("base", "prompted", "tuned");

  private final EvaluationCompleted evaluation;
  private final ModelView.Decision decision;

  /**
   * @param decision null while none was made
   */
  public EvaluationReport(EvaluationCompleted evaluation, ModelView.Decision decision) {
    this.evaluation = evaluation;
    this.decision = decision;
  }

  /** The deciding metric by variant, the comparison and the decision. */
  public Map<String, Object> json() {
    Map<String, Object> variants = new LinkedHashMap<>();
    for (String variant : ORDER) {
      Map<String, Estimate> metrics = evaluation.variants().get(variant);
      if (metrics != null && metrics.containsKey(evaluation.decidingMetric())) {
        variants.put(variant, metrics.get(evaluation.decidingMetric()));
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("evaluation", variants);
    json.put("metric", evaluation.decidingMetric());
    json.put("metrics", evaluation.variants());
    json.put("comparison", evaluation.comparison());
    json.put("items", evaluation.items());
    json.put("left_out", evaluation.leftOut());
    if (decision != null) {
      json.put("decision", decision.promoted() ? "promoted" : "rejected");
      json.put("reason", decision.reason());
    }
    return json;
  }

  /** The table, the comparison and the decision. */
  public List<String> lines() {
    Table table = new Table("model", "metric", "score", "95% interval", "items");
    for (String variant : ORDER) {
      evaluation
          .variants()
          .getOrDefault(variant, Map.of())
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
    EvaluationCompleted.Comparison comparison = evaluation.comparison();
    if (comparison != null) {
      lines.add("");
      lines.add(
          "tuned against base: %s %s (95%% interval %s to %s), p %s"
              .formatted(
                  comparison.gain() < 0 ? "" : "+",
                  number(comparison.gain(), comparison.metric()),
                  number(comparison.low(), comparison.metric()),
                  number(comparison.high(), comparison.metric()),
                  comparison.pValue() < 0.001
                      ? "< 0.001"
                      : String.format(Locale.ROOT, "= %.3f", comparison.pValue()))
              .replace("+ ", "+")
              .replace(":  ", ": "));
    }
    if (decision != null) {
      lines.add((decision.promoted() ? "promoted: " : "rejected: ") + decision.reason());
    }
    if (evaluation.leftOut() > 0) {
      lines.add("%,d more items of the split were left out.".formatted(evaluation.leftOut()));
    }
    return lines;
  }

  /** At most so many items with every variant's answer. */
  public List<String> sampleLines(int most) {
    List<String> lines = new ArrayList<>();
    for (Sample sample : evaluation.samples().stream().limit(most).toList()) {
      lines.add("");
      field(lines, "prompt", sample.prompt());
      field(lines, "expected", sample.reference());
      for (String variant : ORDER) {
        if (sample.answers().containsKey(variant)) {
          field(lines, variant, sample.answers().get(variant));
        }
      }
    }
    return lines;
  }

  private static void field(List<String> lines, String name, String text) {
    String shown = text == null ? "" : text.strip();
    shown = shown.length() > 600 ? shown.substring(0, 600) + " ..." : shown;
    lines.add("  %-9s %s".formatted(name, shown.replace("\n", "\n            ")));
  }

  private static String number(double value, String metric) {
    return metric.equals("perplexity")
        ? String.format(Locale.ROOT, "%.3f", value)
        : String.format(Locale.ROOT, "%.1f%%", 100 * value);
  }
}
