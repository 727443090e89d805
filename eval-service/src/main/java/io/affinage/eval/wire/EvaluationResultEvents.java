package io.affinage.eval.wire;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.metric.Comparison;
import io.affinage.eval.metric.Estimate;
import io.affinage.eval.run.Findings;
import io.affinage.eval.run.Plan;
import io.affinage.eval.run.PromotionGate;
import io.affinage.eval.run.Variant;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EventData;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRejected;
import io.affinage.events.Warning;
import java.util.LinkedHashMap;
import java.util.Map;

/** The events that an evaluation ends in. */
public final class EvaluationResultEvents {
  private EvaluationResultEvents() {}

  /** What was found. */
  public static EvaluationCompleted completed(
      EvaluationRequested request, int attempt, Plan plan, Findings findings, double seconds) {
    Map<String, Map<String, EvaluationCompleted.Estimate>> variants = new LinkedHashMap<>();
    findings
        .estimates()
        .forEach(
            (variant, byMetric) -> {
              Map<String, EvaluationCompleted.Estimate> estimates = new LinkedHashMap<>();
              byMetric.forEach((metric, estimate) -> estimates.put(metric, of(estimate)));
              variants.put(variant.wireName(), estimates);
            });
    return new EvaluationCompleted(
        request.evaluationId(),
        request.measured(),
        attempt,
        plan.deciding().wireName(),
        variants,
        findings.comparison().map(EvaluationResultEvents::of).orElse(null),
        findings.samples().stream().map(EvaluationResultEvents::of).toList(),
        findings.items(),
        findings.leftOut(),
        seconds,
        request.slip(),
        findings
            .reference()
            .filter(reference -> !reference.equals(Variant.BASE))
            .map(Variant::wireName)
            .orElse(null),
        findings.comparisons().isEmpty() ? null : comparisons(findings),
        findings.warnings().isEmpty()
            ? null
            : findings.warnings().stream()
                .map(warning -> new Warning(warning.code(), warning.message()))
                .toList());
  }

  private static Map<String, EvaluationCompleted.Comparison> comparisons(Findings findings) {
    Map<String, EvaluationCompleted.Comparison> comparisons = new LinkedHashMap<>();
    findings.comparisons().forEach((other, found) -> comparisons.put(other.wireName(), of(found)));
    return comparisons;
  }

  private static EvaluationCompleted.Comparison of(Comparison found) {
    return new EvaluationCompleted.Comparison(
        found.metric().wireName(), found.gain(), found.low(), found.high(), found.pValue());
  }

  /** Why there is no result. */
  public static EvaluationFailed failed(EvaluationRequested request, int attempt, ErrorDetail why) {
    return new EvaluationFailed(
        request.evaluationId(), request.measured(), attempt, why, request.slip());
  }

  /** As users meet it. */
  public static ErrorDetail detail(EvaluationException e) {
    return new ErrorDetail(e.code(), e.getMessage(), e.param());
  }

  /** The gate's decision. */
  public static EventData decision(EvaluationRequested request, PromotionGate.Decision decision) {
    String modelId = request.measured();
    return decision.promoted()
        ? new ModelPromoted(modelId, request.evaluationId(), decision.reason(), request.slip())
        : new ModelRejected(modelId, request.evaluationId(), decision.reason(), request.slip());
  }

  private static EvaluationCompleted.Estimate of(Estimate estimate) {
    return new EvaluationCompleted.Estimate(
        estimate.score(), estimate.low(), estimate.high(), estimate.n());
  }

  private static EvaluationCompleted.Sample of(Findings.Sample sample) {
    Map<String, String> answers = new LinkedHashMap<>();
    sample.answers().forEach((variant, answer) -> answers.put(variant.wireName(), answer));
    Map<String, Double> scores = new LinkedHashMap<>();
    sample.scores().forEach((variant, score) -> scores.put(variant.wireName(), score));
    return new EvaluationCompleted.Sample(
        sample.question(), sample.reference(), answers, scores.isEmpty() ? null : scores);
  }
}
