package io.affinage.events;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Events to and from Kafka's headers and value: CloudEvents 1.0, binary mode. Every failure is an
 * {@link EventException}.
 */
public final class EventCodec {
  private EventCodec() {}

  /**
   * Writes an event's attributes to headers and gives its value.
   *
   * @throws EventException {@code invalid_event_data} for data that no reader would accept: a
   *     required field is null, a number is not finite
   */
  public static byte[] encode(Event<?> event, Headers headers) {
    EventMetadata metadata = event.metadata();
    byte[] value;
    try {
      value = EventJson.shared().writeValueAsBytes(event.data());
    } catch (JsonProcessingException e) {
      throw new EventException(
          "invalid_event_data",
          "%s of %s: %s"
              .formatted(metadata.type().typeName(), metadata.subject(), e.getOriginalMessage()),
          e);
    }
    // Nothing goes out that a reader would have to refuse.
    decodeData(metadata.type(), value);
    CloudEventHeaders.write(metadata, headers);
    return value;
  }

  /** Reads an event; see {@link EventException} for what can be wrong. */
  public static Event<?> decode(Headers headers, byte @Nullable [] value) {
    EventMetadata metadata = CloudEventHeaders.read(headers);
    if (value == null || value.length == 0) {
      throw new EventException(
          "missing_value", "%s has no value".formatted(metadata.type().typeName()));
    }
    EventData data = decodeData(metadata.type(), value);
    if (metadata.subject().isEmpty()) {
      metadata = withSubject(metadata, data.key());
    } else if (!metadata.subject().equals(data.key())) {
      throw new EventException(
          "key_mismatch",
          "ce_subject is '%s', the data's key '%s'".formatted(metadata.subject(), data.key()));
    }
    return new Event<>(metadata, data);
  }

  /**
   * Reads the event of a record, and checks that it belongs to the record's topic and is filed
   * under its key.
   */
  public static Event<?> decode(ConsumerRecord<byte[], byte[]> record) {
    Event<?> event = decode(record.headers(), record.value());
    Topics.find(record.topic()).ifPresent(topic -> topic.check(event, record.key()));
    return event;
  }

  private static EventData decodeData(EventType type, byte[] value) {
    JsonNode tree = parse(type, value);
    if (!tree.isObject()) {
      throw new EventException(
          "invalid_event_data",
          "%s: a JSON object is expected, not %s".formatted(type.typeName(), tree.getNodeType()));
    }
    try {
      return EventJson.shared().treeToValue(tree, type.dataClass());
    } catch (JsonMappingException e) {
      throw new EventException(
          "invalid_event_data",
          "%s: at '%s': %s".formatted(type.typeName(), path(e), firstLine(e)),
          e);
    } catch (JsonProcessingException e) {
      throw new EventException(
          "invalid_event_data", "%s: %s".formatted(type.typeName(), firstLine(e)), e);
    }
  }

  private static JsonNode parse(EventType type, byte[] value) {
    try {
      return EventJson.shared().readTree(value);
    } catch (JsonProcessingException e) {
      JsonLocation where = e.getLocation();
      throw new EventException(
          "invalid_json",
          "%s: not JSON at line %d, column %d: %s"
              .formatted(type.typeName(), where.getLineNr(), where.getColumnNr(), firstLine(e)),
          e);
    } catch (IOException e) {
      // Bytes in memory: what remains is malformed UTF-8.
      throw new EventException(
          "invalid_json", "%s: %s".formatted(type.typeName(), e.getMessage()), e);
    }
  }

  private static String firstLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference reference : e.getPath()) {
      if (reference.getFieldName() == null) {
        path.append('[').append(reference.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
      }
    }
    return path.toString();
  }

  private static EventMetadata withSubject(EventMetadata metadata, String subject) {
    return new EventMetadata(
        metadata.id(),
        metadata.source(),
        metadata.type(),
        subject,
        metadata.time(),
        metadata.correlationId(),
        metadata.causationId(),
        metadata.traceparent());
  }

  /** The text of a record key. */
  static String text(byte @Nullable [] key) {
    return key == null ? "" : new String(key, StandardCharsets.UTF_8);
  }
}
