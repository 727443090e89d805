package io.affinage.eval.run;

import io.affinage.eval.metric.Comparison;
import java.util.Locale;

/**
 * When a model is promoted.
 *
 * @param minGain smallest gain over the plain base ({@link
 *     io.affinage.eval.metric.Metric#baseline}); null for any above 0
 * @param maxPValue largest p-value of that gain; null for any
 */
public record PromotionGate(Double minGain, Double maxPValue) {

  /**
   * The decision with its reason: the rule and the numbers.
   *
   * @param reference what the model is compared with, for people
   */
  public Decision decide(Comparison comparison, String reference) {
    String numbers =
        String.format(
            Locale.ROOT,
            "%s: gain %.4g over %s (95%% interval %.4g to %.4g, p = %.3g)",
            comparison.metric().wireName(),
            comparison.gain(),
            comparison.metric().baseline().orElse(reference),
            comparison.low(),
            comparison.high(),
            comparison.pValue());
    boolean gained = minGain == null ? comparison.gain() > 0 : comparison.gain() >= minGain;
    boolean sure = maxPValue == null || comparison.pValue() <= maxPValue;
    String rule =
        (minGain == null
                ? "a gain above 0"
                : String.format(Locale.ROOT, "a gain of at least %.4g", minGain))
            + (maxPValue == null ? "" : String.format(Locale.ROOT, " with p <= %.3g", maxPValue));
    return gained && sure
        ? new Decision(true, numbers + "; the gate asks for " + rule)
        : new Decision(
            false,
            numbers
                + "; the gate asks for "
                + rule
                + (gained ? ": not sure enough" : ": not enough"));
  }

  /**
   * What the gate says.
   *
   * @param reason for people
   */
  public record Decision(boolean promoted, String reason) {}
}
