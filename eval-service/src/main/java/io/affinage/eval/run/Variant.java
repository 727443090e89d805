package io.affinage.eval.run;

/**
 * One of the models that are measured beside each other.
 *
 * @param wireName as in events and the API
 */
public record Variant(String wireName) {
  /** The model that was trained, with the plain prompt, before its training. */
  public static final Variant BASE = new Variant("base");

  /** It with examples put before the prompt: what tuning has to beat. */
  public static final Variant PROMPTED = new Variant("prompted");

  /** The tuned model with the plain prompt. */
  public static final Variant TUNED = new Variant("tuned");

  /** {@link #BASE} where {@code base} is to be the whole base model, and it is none. */
  public static final Variant PARENT = new Variant("parent");
}
