package io.affinage.cli.client;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record that a service could not use.
 *
 * @param topic the dead-letter topic
 * @param runId empty when the record does not say
 * @param reason as the service gave it
 */
public record DeadLetter(String topic, String runId, String reason) {

  /** Reads a record of a dead-letter topic. */
  public static DeadLetter of(ConsumerRecord<byte[], byte[]> record) {
    return new DeadLetter(
        record.topic(), header(record, "ce_correlationid"), header(record, "dead-letter-reason"));
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
