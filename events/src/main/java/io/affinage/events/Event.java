package io.affinage.events;

/**
 * An event: what happened and its envelope.
 *
 * @param metadata the CloudEvents attributes
 * @param data the payload
 */
public record Event<T extends EventData>(EventMetadata metadata, T data) {
  public Event {
    if (metadata.type().dataClass() != data.getClass()) {
      throw new IllegalArgumentException(
          metadata.type() + " does not hold a " + data.getClass().getSimpleName());
    }
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
    return new Event<>(metadata, dataClass.cast(data));
  }
}
