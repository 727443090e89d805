package io.affinage.llm.text.jinja;

/**
 * A stretch of rendered text, in UTF-16 units.
 *
 * @param start inclusive
 * @param end exclusive
 */
public record Span(int start, int end) {}
