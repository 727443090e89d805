package io.affinage.eval.model;

import java.util.Optional;

/** A tuned model and its base, loaded together: an adapter's base is in memory once. */
public interface ModelPair extends AutoCloseable {

  /** The base; empty for a model from scratch. The last of the two used is the active one. */
  Optional<LanguageModel> base();

  /** The model to be evaluated. */
  LanguageModel tuned();

  @Override
  void close();
}
