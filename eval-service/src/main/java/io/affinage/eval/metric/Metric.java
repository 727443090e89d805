package io.affinage.eval.metric;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can be measured. */
public enum Metric {
  /** Mean reward of the model's own answers; higher is better. */
  EXACT_MATCH,
  /** Share of items whose right answer is the likeliest of the choices; higher is better. */
  MULTIPLE_CHOICE,
  /** exp of the mean negative log-probability per token of the right answers; lower is better. */
  PERPLEXITY;

  /** As in specifications, events and the API. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The metric of this name. */
  public static Optional<Metric> named(String wireName) {
    return Arrays.stream(values()).filter(m -> m.wireName().equals(wireName)).findFirst();
  }
}
