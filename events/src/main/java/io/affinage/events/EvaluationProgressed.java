package io.affinage.events;

/**
 * How far an evaluation is. Type {@code io.affinage.evaluation.progressed.v1}.
 *
 * @param variant {@code base}, {@code prompted}, {@code tuned}, or the name of a model to compare
 *     with
 */
public record EvaluationProgressed(
    String evaluationId, int attempt, String workerId, String variant, int done, int total)
    implements EventData {
  @Override
  public String key() {
    return evaluationId;
  }
}
