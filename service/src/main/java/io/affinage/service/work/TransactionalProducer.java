package io.affinage.service.work;

import io.affinage.events.KafkaDefaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes records in one transaction: all become visible or none. Connects on the first use and
 * again after a failure. Safe for several threads; one transaction at a time, which holds nothing
 * but records that are ready, so that it is over long before its timeout.
 */
public final class TransactionalProducer implements AutoCloseable {
  private static final int MAX_BLOCK_MILLIS = 20_000;
  private static final int MAX_REQUEST = 8 << 20;

  private final Map<String, Object> configuration;
  private Producer<byte[], byte[]> producer;

  /**
   * @param transactionalId unlike that of every other producer that lives; when it was that of one
   *     that died, its open transaction ends as soon as this one connects
   * @param timeout after which the broker ends a transaction whose producer is silent
   */
  public TransactionalProducer(
      Map<String, Object> connection, String transactionalId, Duration timeout) {
    configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    configuration.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(timeout.toMillis()));
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, MAX_BLOCK_MILLIS);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, MAX_BLOCK_MILLIS / 2);
    configuration.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST);
  }

  /** The client's settings. */
  Map<String, Object> configuration() {
    return Map.copyOf(configuration);
  }

  /**
   * @throws NotWrittenException when nothing of it became visible
   * @throws KafkaException when the broker did not say whether it did
   */
  public synchronized void write(List<ProducerRecord<byte[], byte[]>> records) {
    write(records, Map.of(), null);
  }

  /** As the other, and commits what the group has read together with it. */
  synchronized void write(
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> read,
      ConsumerGroupMetadata group) {
    try {
      send(records, read, group);
    } catch (InterruptException e) {
      abandon();
      throw e;
    } catch (KafkaException e) {
      abandon();
      throw new NotWrittenException(e);
    }
    try {
      producer.commitTransaction();
    } catch (KafkaException e) {
      abandon();
      throw e;
    }
  }

  private void send(
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> read,
      ConsumerGroupMetadata group) {
    if (producer == null) {
      producer =
          new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer());
      producer.initTransactions();
    }
    producer.beginTransaction();
    List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
    for (ProducerRecord<byte[], byte[]> record : records) {
      sent.add(producer.send(record));
    }
    if (!read.isEmpty()) {
      producer.sendOffsetsToTransaction(read, group);
    }
    producer.flush();
    for (Future<RecordMetadata> each : sent) {
      requireDone(each);
    }
  }

  private static void requireDone(Future<RecordMetadata> sent) {
    try {
      sent.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
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
