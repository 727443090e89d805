package io.affinage.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Records that are no events of their topic, with where they came from and why they are here, under
 * the header names that SmallRye's own dead-letter queue uses.
 *
 * <p>A dead letter can always be written: one that would be larger than what Kafka takes by default
 * (1 MiB) has the first bytes of its key and value only and few of its headers, and says so in
 * {@code dead-letter-cut}. The whole record stays where it came from.
 */
public final class DeadLetters {
  private static final String PREFIX = "dead-letter-";

  /** Bytes, with room for what Kafka adds. */
  private static final int MAX_SIZE = 1_000_000;

  private static final int MAX_KEY = 1_024;
  private static final List<String> KEPT_WHEN_CUT =
      List.of("ce_id", "ce_type", "ce_source", "ce_correlationid");
  private static final int MAX_REASON = 1_000;

  private DeadLetters() {}

  /**
   * A record for the topic's dead letters.
   *
   * @throws IllegalStateException when the topic has none
   */
  public static ProducerRecord<byte[], byte[]> of(
      Topic topic, ConsumerRecord<byte[], byte[]> record, Throwable reason) {
    long size = size(record);
    boolean fits = size <= MAX_SIZE;
    Headers headers = new RecordHeaders();
    if (fits) {
      for (Header header : record.headers()) {
        // On replay the old reason would hide the new one.
        if (!header.key().startsWith(PREFIX)) {
          headers.add(header);
        }
      }
    } else {
      add(headers, "cut", "of %d bytes; few of its headers are kept".formatted(size));
      for (String name : KEPT_WHEN_CUT) {
        Header header = record.headers().lastHeader(name);
        if (header != null && length(header.value()) <= MAX_KEY) {
          headers.add(header);
        }
      }
    }
    String message = String.valueOf(reason.getMessage());
    add(headers, "reason", message.substring(0, Math.min(message.length(), MAX_REASON)));
    add(headers, "exception-class-name", reason.getClass().getName());
    add(headers, "topic", record.topic());
    add(headers, "partition", Integer.toString(record.partition()));
    add(headers, "offset", Long.toString(record.offset()));
    return new ProducerRecord<>(
        topic.deadLetter().name(),
        null,
        fits ? record.key() : first(record.key(), MAX_KEY),
        fits ? record.value() : first(record.value(), MAX_SIZE - 10 * MAX_KEY),
        headers);
  }

  /** In bytes; a header's length and name take about ten more. */
  private static long size(ConsumerRecord<byte[], byte[]> record) {
    long size = length(record.key()) + length(record.value());
    for (Header header : record.headers()) {
      size += header.key().getBytes(UTF_8).length + length(header.value()) + 10;
    }
    return size;
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static byte @Nullable [] first(byte @Nullable [] bytes, int most) {
    return bytes == null || bytes.length <= most ? bytes : Arrays.copyOf(bytes, most);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(PREFIX + name, value.getBytes(UTF_8));
  }
}
