package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * An error as users meet it, the same in event, API and metric.
 *
 * @param code stable, snake case, for programs: {@code invalid_dataset}, {@code non_finite_loss}
 * @param message for people: what is wrong, where, and what to do
 * @param param the field of the request that is at fault, or null
 */
public record ErrorDetail(String code, String message, @Nullable String param) {}
