package io.affinage.events;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The CloudEvents context attributes of an event.
 *
 * @param id with {@code source}, names the event: repeated productions share it, so readers
 *     deduplicate on both
 * @param source who produced it: {@code /affinage/trainer-service}
 * @param type see {@link EventType#typeName()}
 * @param subject the key of the data
 * @param time when it was produced; null when a foreign producer left it out
 * @param correlationId the run that the event belongs to (extension)
 * @param causationId id of the event that caused this one (extension)
 * @param traceparent W3C trace context (extension)
 */
public record EventMetadata(
    String id,
    String source,
    EventType type,
    String subject,
    @Nullable Instant time,
    @Nullable String correlationId,
    @Nullable String causationId,
    @Nullable String traceparent) {}
