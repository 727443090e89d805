package io.affinage.broker.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Good records of every event on every topic, for modules that see no more of the events than their
 * readers do. The module of the events keeps the file equal to its own examples.
 */
public final class ExampleRecords {
  private static final String FILE = "example-records.tsv";

  private ExampleRecords() {}

  /** All of one topic. */
  public static List<ProducerRecord<byte[], byte[]>> of(String topic) {
    try (InputStream in = ExampleRecords.class.getResourceAsStream(FILE);
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
      return lines
          .lines()
          .map(line -> line.split("\t", 4))
          .filter(parts -> parts[0].equals(topic))
          .map(parts -> record(parts[0], parts[1], parts[2], parts[3]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A record of an event.
   *
   * @param type the CloudEvents type
   * @param key of the record and of the event
   * @param json the event's data
   */
  public static ProducerRecord<byte[], byte[]> record(
      String topic, String type, String key, String json) {
    Headers headers = new RecordHeaders();
    headers.add("ce_specversion", "1.0".getBytes(UTF_8));
    headers.add("ce_id", ("example-" + type + "-" + key).getBytes(UTF_8));
    headers.add("ce_source", "/affinage/example".getBytes(UTF_8));
    headers.add("ce_type", type.getBytes(UTF_8));
    headers.add("ce_time", "2026-01-02T03:04:05.678Z".getBytes(UTF_8));
    headers.add("ce_correlationid", "run-example".getBytes(UTF_8));
    headers.add("content-type", "application/json".getBytes(UTF_8));
    return new ProducerRecord<>(topic, null, key.getBytes(UTF_8), json.getBytes(UTF_8), headers);
  }
}
