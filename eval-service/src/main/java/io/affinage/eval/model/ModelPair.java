package io.affinage.eval.model;

import java.util.Map;
import java.util.Optional;

/**
 * A tuned model, what it was trained from and others to compare with, loaded together: an adapter's
 * base is in memory once.
 */
public interface ModelPair extends AutoCloseable {

  /**
   * What the tuned model was trained from; empty for a model from scratch. Of models on one base
   * the last that was used is the active one.
   */
  Optional<EvaluatedModel> base();

  /** The model to be evaluated. */
  EvaluatedModel tuned();

  /** Others, by the names under which they are reported. */
  Map<String, EvaluatedModel> compared();

  /** The name among {@link #compared()} of {@link #base()}; empty where it is none of them. */
  Optional<String> reference();

  @Override
  void close();
}
