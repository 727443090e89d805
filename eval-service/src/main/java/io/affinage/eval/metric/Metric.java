package io.affinage.eval.metric;

/**
 * A number that an evaluation finds of a model, with its interval. It is found either from how
 * likely the model finds given texts, or from its own answers. {@link Metrics} registers them.
 */
public sealed interface Metric permits LikelihoodMetric, AnswerMetric {

  /** As in specifications, events and the API. */
  String wireName();
}
