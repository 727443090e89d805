package io.affinage.llm.adapter;

import ai.djl.ndarray.types.Shape;

/** Gives the values of an adapter's trained arrays: from a file, or those to begin with. */
@FunctionalInterface
public interface ParameterSource {

  /**
   * @param key PEFT's
   * @return row-major
   */
  float[] values(String key, Shape shape);
}
