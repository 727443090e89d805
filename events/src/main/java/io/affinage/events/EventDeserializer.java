package io.affinage.events;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads events in binary mode and throws {@link EventException} on anything else, also on a type
 * that the topic is not for. No value on a compacted topic is a tombstone and reads as null.
 *
 * <p>On a channel set {@code fail-on-deserialization-failure=false}: the bytes then go to the
 * channel's dead-letter topic, the reason being the exception's message.
 */
public final class EventDeserializer implements Deserializer<Event<?>> {
  @Override
  public @Nullable Event<?> deserialize(String topic, Headers headers, byte @Nullable [] value) {
    Topic known = Topics.find(topic).orElse(null);
    if (value == null && known != null && known.isCompacted()) {
      return null;
    }
    Event<?> event = EventCodec.decode(headers, value);
    if (known != null) {
      known.requireAccepted(event.metadata().type());
    }
    return event;
  }

  /** Without headers no type is known. */
  @Override
  public Event<?> deserialize(String topic, byte[] value) {
    throw new EventException("missing_attribute", "no headers: no CloudEvent in binary mode");
  }
}
