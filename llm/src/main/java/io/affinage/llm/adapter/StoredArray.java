package io.affinage.llm.adapter;

/**
 * An array as an adapter's file holds it, float32.
 *
 * @param key PEFT's, without the adapter's name
 * @param values row-major
 */
public record StoredArray(String key, float[] values, long[] shape) {}
