package io.affinage.events;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * CloudEvents attributes as Kafka headers: the Kafka protocol binding's binary content mode
 * (CloudEvents 1.0.2).
 */
final class CloudEventHeaders {
  private static final String PREFIX = "ce_";
  private static final String CONTENT_TYPE = "content-type";

  /** They go into the headers of every event that follows, whose size Kafka limits. */
  private static final int MAX_CHARACTERS = 1_024;

  private CloudEventHeaders() {}

  static void write(EventMetadata metadata, Headers headers) {
    for (Header header : headers.toArray()) {
      if (header.key().startsWith(PREFIX)) {
        headers.remove(header.key());
      }
    }
    headers.remove(CONTENT_TYPE);
    put(headers, PREFIX + "specversion", "1.0");
    put(headers, PREFIX + "id", metadata.id());
    put(headers, PREFIX + "source", metadata.source());
    put(headers, PREFIX + "type", metadata.type().typeName());
    put(headers, PREFIX + "subject", metadata.subject());
    Instant time = metadata.time();
    put(headers, PREFIX + "time", time == null ? null : time.toString());
    put(headers, PREFIX + "correlationid", metadata.correlationId());
    put(headers, PREFIX + "causationid", metadata.causationId());
    put(headers, PREFIX + "traceparent", metadata.traceparent());
    put(headers, CONTENT_TYPE, "application/json");
  }

  /** The attributes; a missing subject becomes empty. */
  static EventMetadata read(Headers headers) {
    String version = required(headers, "specversion");
    // 1.1 and later would be compatible; another major version is not.
    if (!version.startsWith("1.")) {
      throw new EventException(
          "unsupported_specversion", "ce_specversion is '%s'; 1.0 is supported".formatted(version));
    }
    requireJson(find(headers, CONTENT_TYPE));
    String typeName = required(headers, "type");
    EventType type =
        EventType.find(typeName)
            .orElseThrow(
                () ->
                    new EventException(
                        "unknown_event_type", "ce_type is '%s'".formatted(typeName)));
    return new EventMetadata(
        required(headers, "id"),
        required(headers, "source"),
        type,
        Optional.ofNullable(find(headers, PREFIX + "subject")).orElse(""),
        time(find(headers, PREFIX + "time")),
        find(headers, PREFIX + "correlationid"),
        find(headers, PREFIX + "causationid"),
        find(headers, PREFIX + "traceparent"));
  }

  private static void requireJson(@Nullable String contentType) {
    if (contentType == null) {
      return;
    }
    String mediaType = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!mediaType.equals("application/json")) {
      throw new EventException(
          "unsupported_content_type",
          "content-type is '%s'; application/json in binary mode is supported"
              .formatted(contentType));
    }
  }

  private static @Nullable Instant time(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      OffsetDateTime time = OffsetDateTime.parse(text);
      if (time.getYear() < 0 || time.getYear() > 9999) {
        throw new EventException(
            "invalid_time", "ce_time is '%s'; a year of four digits is expected".formatted(text));
      }
      return time.toInstant();
    } catch (DateTimeParseException e) {
      throw new EventException(
          "invalid_time", "ce_time is '%s'; RFC 3339 is expected".formatted(text), e);
    }
  }

  private static String required(Headers headers, String attribute) {
    String value = find(headers, PREFIX + attribute);
    if (value == null || value.isEmpty()) {
      throw new EventException(
          "missing_attribute",
          "header %s%s is missing: no CloudEvent in binary mode".formatted(PREFIX, attribute));
    }
    return value;
  }

  private static @Nullable String find(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    if (header == null || header.value() == null) {
      return null;
    }
    String value = new String(header.value(), StandardCharsets.UTF_8);
    requirePlain("header " + name, value);
    return value;
  }

  /** Short and on one line: attributes are shown in logs and on terminals. */
  static void requirePlain(String what, String value) {
    if (value.length() > MAX_CHARACTERS) {
      throw new EventException(
          "attribute_too_long",
          "%s has %d characters; up to %d are taken"
              .formatted(what, value.length(), MAX_CHARACTERS));
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new EventException(
          "attribute_not_plain", "%s '%s' has control characters".formatted(what, value));
    }
  }

  private static void put(Headers headers, String name, @Nullable String value) {
    if (value != null) {
      headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
  }
}
