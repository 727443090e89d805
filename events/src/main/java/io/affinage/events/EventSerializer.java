package io.affinage.events;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes events in binary mode. It owns the {@code ce_*} headers: what was there before goes. A
 * null event is a tombstone.
 */
public final class EventSerializer implements Serializer<Event<?>> {
  @Override
  public byte @Nullable [] serialize(String topic, Headers headers, @Nullable Event<?> event) {
    if (event == null) {
      return null;
    }
    Topics.find(topic).ifPresent(known -> known.requireAccepted(event.metadata().type()));
    return EventCodec.encode(event, headers);
  }

  /** Headers carry the type, so this form cannot work. */
  @Override
  public byte @Nullable [] serialize(String topic, @Nullable Event<?> event) {
    throw new EventException("missing_attribute", "no headers: no CloudEvent in binary mode");
  }
}
