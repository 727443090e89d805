package io.affinage.llm.data;

/**
 * An example that is not learned from.
 *
 * @param index its place among the examples, counted from 0
 * @param code stable, for example {@code no_answer}
 * @param message what is wrong with it
 */
public record RefusedExample(int index, String id, String code, String message) {}
