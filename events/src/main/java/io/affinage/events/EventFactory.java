package io.affinage.events;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of one producer. Ids follow from type, key and what distinguishes the event, so that
 * doing the same thing again produces a recognisable duplicate.
 */
public final class EventFactory {
  private final String source;
  private final Clock clock;

  /**
   * @param source the CloudEvents source, a URI reference: {@code /affinage/trainer-service}; the
   *     same for every instance of a service, or duplicates would not be recognised
   * @param clock gives the events their time
   */
  public EventFactory(String source, Clock clock) {
    if (source.isBlank()) {
      throw new IllegalArgumentException("the source of events is blank");
    }
    this.source = source;
    this.clock = clock;
  }

  /** An event that nothing of ours caused, of no run. */
  public <T extends EventData> Event<T> create(T data) {
    return create(data, null, null, null);
  }

  /**
   * An event that nothing of ours caused.
   *
   * @param runId the run it belongs to; null for none
   */
  public <T extends EventData> Event<T> create(T data, @Nullable String runId) {
    return create(data, runId, null, null);
  }

  /** An event caused by another one, of the same run and trace. */
  public <T extends EventData> Event<T> causedBy(Event<?> cause, T data) {
    EventMetadata metadata = cause.metadata();
    return create(data, metadata.correlationId(), metadata.id(), metadata.traceparent());
  }

  private <T extends EventData> Event<T> create(
      T data,
      @Nullable String correlationId,
      @Nullable String causationId,
      @Nullable String traceparent) {
    EventType type = EventType.of(data);
    Instant time = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return new Event<>(
        new EventMetadata(
            id(type, data, time),
            source,
            type,
            data.key(),
            time,
            correlationId,
            causationId,
            traceparent),
        data);
  }

  private static String id(EventType type, EventData data, Instant time) {
    List<Object> parts = new ArrayList<>(Arrays.asList(type.typeName(), data.key()));
    parts.addAll(type.distinction(data));
    if (type.repeatable()) {
      parts.add(time.toString());
    }
    return ContentIds.of(parts.toArray());
  }
}
