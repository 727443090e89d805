package io.affinage.eval.serving;

/**
 * What a model answered.
 *
 * @param finishReason {@code stop}, or {@code length} when the longest answer was reached
 * @param promptTokens tokens of the question
 * @param completionTokens tokens generated
 */
public record Answer(String text, String finishReason, int promptTokens, int completionTokens) {}
