package io.affinage.llm.objective;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an objective says of a batch. Of a part of a step all of it is this part's share.
 *
 * @param value of the loss
 * @param derivatives of the loss by the log-probability of each target: by group, by member,
 *     [targets]; zeros for a sequence that is only looked at
 * @param valueDerivatives of the loss by {@link Signal#VALUE}, likewise; empty where the objective
 *     did not ask for it
 * @param metrics numbers by name
 */
public record Loss(
    double value,
    List<List<double[]>> derivatives,
    List<List<double[]>> valueDerivatives,
    Map<String, Double> metrics) {
  public Loss {
    derivatives = List.copyOf(derivatives);
    valueDerivatives = List.copyOf(valueDerivatives);
    metrics = Map.copyOf(metrics);
  }

  /**
   * Adds a part's number of a metric: most are shares of the step's, and those whose name says
   * {@code min} or {@code max} are the least and the greatest of all.
   */
  public static void tell(Map<String, Double> metrics, String name, double part) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    if (last.startsWith("min_") || last.endsWith("_min")) {
      metrics.merge(name, part, Math::min);
    } else if (last.startsWith("max_") || last.endsWith("_max")) {
      metrics.merge(name, part, Math::max);
    } else {
      metrics.merge(name, part, Double::sum);
    }
  }

  /** Adds up what groups give that do not depend on each other. */
  public static final class Sum {
    private final List<List<double[]>> derivatives = new ArrayList<>();
    private final List<List<double[]>> valueDerivatives = new ArrayList<>();
    private final Map<String, Double> metrics = new LinkedHashMap<>();
    private double value;

    /** Adds the share of the next group. */
    public Sum add(double share, List<double[]> byMember, Map<String, Double> shares) {
      value += share;
      derivatives.add(List.copyOf(byMember));
      shares.forEach((name, each) -> tell(metrics, name, each));
      return this;
    }

    /** Adds the share of the next group, of which values are learned too. */
    public Sum add(
        double share,
        List<double[]> byMember,
        List<double[]> valuesByMember,
        Map<String, Double> shares) {
      valueDerivatives.add(List.copyOf(valuesByMember));
      return add(share, byMember, shares);
    }

    public Loss loss() {
      return new Loss(value, derivatives, valueDerivatives, metrics);
    }
  }
}
