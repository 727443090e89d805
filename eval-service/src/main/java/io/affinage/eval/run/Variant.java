package io.affinage.eval.run;

import java.util.Locale;

/** What is measured beside each other. */
public enum Variant {
  /** The base model with the plain prompt. */
  BASE,
  /** The base model with examples put before the prompt: what tuning has to beat. */
  PROMPTED,
  /** The tuned model with the plain prompt. */
  TUNED;

  /** As in events and the API. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
