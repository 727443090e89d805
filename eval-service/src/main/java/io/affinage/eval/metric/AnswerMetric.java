package io.affinage.eval.metric;

/**
 * Mean reward of the model's own answers; higher is better.
 *
 * @param wireName as in specifications, events and the API
 */
public record AnswerMetric(String wireName) implements Metric {}
