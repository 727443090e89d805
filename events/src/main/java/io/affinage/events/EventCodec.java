package io.affinage.events;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Events to and from Kafka's headers and value: CloudEvents 1.0, binary mode. Every failure is an
 * {@link EventException}, whatever the bytes are.
 */
public final class EventCodec {
  private EventCodec() {}

  /**
   * Writes an event's attributes to headers and gives its value. Half of a surrogate pair, which
   * UTF-8 cannot carry, is written as {@code ?}.
   *
   * @throws EventException {@code invalid_event_data} for data that no reader would accept: a
   *     required field is null, a number is not finite
   */
  public static byte[] encode(Event<?> event, Headers headers) {
    EventMetadata metadata = event.metadata();
    byte[] value;
    try {
      value = EventJson.shared().writeValueAsString(event.data()).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new EventException(
          "invalid_event_data",
          "%s of %s: %s"
              .formatted(metadata.type().typeName(), metadata.subject(), e.getOriginalMessage()),
          e);
    }
    // Nothing goes out that a reader would have to refuse.
    data(metadata.type(), parsed(metadata.type(), value));
    CloudEventHeaders.write(metadata, headers);
    return value;
  }

  /** Reads an event; see {@link EventException} for what can be wrong. */
  public static Event<?> decode(Headers headers, byte @Nullable [] value) {
    return anyFailureTold(() -> read(headers, value));
  }

  private static Event<?> read(Headers headers, byte @Nullable [] value) {
    EventMetadata metadata = CloudEventHeaders.read(headers);
    if (value == null || value.length == 0) {
      throw new EventException(
          "missing_value", "%s has no value".formatted(metadata.type().typeName()));
    }
    JsonNode tree = parsed(metadata.type(), value);
    List<ErrorDetail> unknown = new ArrayList<>(UnknownFields.of(metadata.type(), tree));
    EventData data = understood(metadata, tree, unknown);
    CloudEventHeaders.requirePlain("the data's key", data.key());
    if (metadata.subject().isEmpty()) {
      metadata = withSubject(metadata, data.key());
    } else if (!metadata.subject().equals(data.key())) {
      throw new EventException(
          "key_mismatch",
          "ce_subject is '%s', the data's key '%s'".formatted(metadata.subject(), data.key()));
    }
    return new Event<>(metadata, data, unknown);
  }

  /**
   * Reads the event of a record, and checks that it belongs to the record's topic and is filed
   * under its key.
   */
  public static Event<?> decode(ConsumerRecord<byte[], byte[]> record) {
    return anyFailureTold(
        () -> {
          Event<?> event = read(record.headers(), record.value());
          Topics.find(record.topic()).ifPresent(topic -> topic.check(event, record.key()));
          return event;
        });
  }

  /** Bytes come from anyone: what no check foresees must not end the thread that reads them. */
  private static Event<?> anyFailureTold(Supplier<Event<?>> reading) {
    try {
      return reading.get();
    } catch (EventException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new EventException("unreadable_event", "it cannot be read: " + e, e);
    }
  }

  private static JsonNode parsed(EventType type, byte[] value) {
    JsonNode tree = parse(type, value);
    if (!tree.isObject()) {
      throw new EventException(
          "invalid_event_data",
          "%s: a JSON object is expected, not %s".formatted(type.typeName(), tree.getNodeType()));
    }
    PlainJson.require(type, tree);
    return tree;
  }

  /** Adds what is of the wrong type or missing, without which the request can be answered. */
  private static EventData understood(
      EventMetadata metadata, JsonNode tree, List<ErrorDetail> unknown) {
    EventType type = metadata.type();
    try {
      return data(type, tree);
    } catch (EventException e) {
      List<ErrorDetail> wrong =
          UnknownFields.isLookedFor(type) ? WrongValues.takenOut(metadata, tree) : List.of();
      if (wrong.isEmpty()) {
        throw e;
      }
      unknown.addAll(wrong);
      return data(type, tree);
    }
  }

  private static EventData data(EventType type, JsonNode tree) {
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
      throw new EventException(
          "invalid_json",
          "%s: not JSON%s: %s".formatted(type.typeName(), place(e.getLocation()), firstLine(e)),
          e);
    } catch (IOException e) {
      // Bytes in memory: what remains is malformed UTF-8.
      throw new EventException(
          "invalid_json", "%s: %s".formatted(type.typeName(), e.getMessage()), e);
    }
  }

  /** The parser gives no place for what is beyond its limits. */
  private static String place(@Nullable JsonLocation where) {
    return where == null
        ? ""
        : " at line %d, column %d".formatted(where.getLineNr(), where.getColumnNr());
  }

  static String firstLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }

  static String path(JsonMappingException e) {
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
