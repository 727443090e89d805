package io.affinage.dataset.kafka;

import io.affinage.events.KafkaDefaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes records in one transaction: all become visible or none. Connects on the first use and
 * again after a failure. Safe for several threads; one transaction at a time.
 */
final class TransactionalProducer implements AutoCloseable {
  private static final int MAX_BLOCK_MILLIS = 20_000;

  private final Map<String, Object> configuration;
  private Producer<byte[], byte[]> producer;

  /**
   * @param transactionalId unlike that of every other producer that lives
   */
  TransactionalProducer(Map<String, Object> connection, String transactionalId) {
    configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, MAX_BLOCK_MILLIS);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, MAX_BLOCK_MILLIS / 2);
    configuration.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 8 << 20);
  }

  /**
   * @throws KafkaException when nothing of it became visible, or the broker did not say
   */
  synchronized void write(List<ProducerRecord<byte[], byte[]>> records) {
    write(records, Map.of(), null);
  }

  /** As the other, and commits what the group has read together with it. */
  synchronized void write(
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> read,
      ConsumerGroupMetadata group) {
    try {
      if (producer == null) {
        producer =
            new KafkaProducer<>(
                configuration, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
      }
      producer.beginTransaction();
      for (ProducerRecord<byte[], byte[]> record : records) {
        producer.send(record);
      }
      if (!read.isEmpty()) {
        producer.sendOffsetsToTransaction(read, group);
      }
      producer.commitTransaction();
    } catch (KafkaException e) {
      abandon();
      throw e;
    }
  }

  /** The next producer of the same id fences this one, which ends its transaction. */
  private void abandon() {
    if (producer != null) {
      try {
        producer.abortTransaction();
      } catch (KafkaException | IllegalStateException e) {
        // The reason is on its way already.
      }
      producer.close(Duration.ZERO);
      producer = null;
    }
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(Duration.ofSeconds(5));
      producer = null;
    }
  }
}
