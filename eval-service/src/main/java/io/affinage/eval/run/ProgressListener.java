package io.affinage.eval.run;

/** Told how far an evaluation is; may throw to end it. */
public interface ProgressListener {

  /**
   * @param done of {@code total} measurements of this variant
   */
  void at(Variant variant, int done, int total);
}
