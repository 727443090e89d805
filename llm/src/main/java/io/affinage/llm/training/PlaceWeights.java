package io.affinage.llm.training;

/**
 * How the places of a row count: the derivatives of a loss by what a head gives there, with their
 * signs changed.
 *
 * @param numbers by {@link HeadOutputs#numbers}
 * @param values by {@link HeadOutputs#values}; empty where there are none
 */
record PlaceWeights(float[] numbers, float[] values) {}
