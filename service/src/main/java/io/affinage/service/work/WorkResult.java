package io.affinage.service.work;

import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What comes of a record.
 *
 * @param records become visible together with the record's being done
 * @param committed what to do once they are visible; quick
 */
public record WorkResult(List<ProducerRecord<byte[], byte[]>> records, Runnable committed) {
  public WorkResult {
    records = List.copyOf(records);
  }

  public WorkResult(List<ProducerRecord<byte[], byte[]>> records) {
    this(records, () -> {});
  }

  /** Bytes of keys and values. */
  long size() {
    long size = 0;
    for (ProducerRecord<byte[], byte[]> record : records) {
      size += length(record.key()) + length(record.value());
    }
    return size;
  }

  private static int length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
