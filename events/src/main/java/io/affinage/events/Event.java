package io.affinage.events;

import java.util.List;

/**
 * An event: what happened and its envelope.
 *
 * @param metadata the CloudEvents attributes
 * @param data the payload
 * @param unknown of a request that was read: what it says that the record has no place for, or no
 *     type for, see {@link Understanding}
 */
public record Event<T extends EventData>(
    EventMetadata metadata, T data, List<ErrorDetail> unknown) {
  public Event {
    unknown = List.copyOf(unknown);
    if (metadata.type().dataClass() != data.getClass()) {
      throw new IllegalArgumentException(
          metadata.type() + " does not hold a " + data.getClass().getSimpleName());
    }
  }

  /** An event whose every field has its place. */
  public Event(EventMetadata metadata, T data) {
    this(metadata, data, List.of());
  }

  /**
   * This event with its data as the given record.
   *
   * @throws EventException {@code unexpected_event_type}
   */
  public <S extends EventData> Event<S> as(Class<S> dataClass) {
    if (!dataClass.isInstance(data)) {
      throw new EventException(
          "unexpected_event_type",
          "expected %s, got %s".formatted(dataClass.getSimpleName(), metadata.type().typeName()));
    }
    return new Event<>(metadata, dataClass.cast(data), unknown);
  }
}
