package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * The gate's decision on a model. Type {@code io.affinage.model.rejected.v1}; topic {@code
 * model.decisions}, compacted by model.
 *
 * @param reason the rule and the numbers, for people
 */
public record ModelRejected(
    String modelId, String evaluationId, String reason, @Nullable RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return modelId;
  }
}
