package io.affinage.trainer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topics;
import io.affinage.trainer.job.Recorded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/** Reads what was recorded of one job's rollouts, up to the present end of the topic. */
final class RolloutsOfJob {
  private static final Logger LOG = Logger.getLogger(RolloutsOfJob.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration META = Duration.ofSeconds(30);

  /** By how much the clock that the job's time is of may be ahead of the broker's. */
  private static final Duration CLOCKS = Duration.ofHours(1);

  private RolloutsOfJob() {}

  /**
   * In the order in which they were written.
   *
   * @param since nothing of the job is older
   * @throws org.apache.kafka.common.KafkaException when the broker is away
   */
  static List<Recorded> read(Map<String, Object> connection, String jobId, Instant since) {
    byte[] key = jobId.getBytes(UTF_8);
    List<Recorded> found = new ArrayList<>();
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.consumer(connection));
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.TRAINING_ROLLOUTS.name(), META).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, META);
      ends.forEach(consumer::seek);
      Map<TopicPartition, Long> times = new HashMap<>();
      partitions.forEach(each -> times.put(each, since.minus(CLOCKS).toEpochMilli()));
      consumer
          .offsetsForTimes(times, META)
          .forEach(
              (partition, at) -> {
                if (at != null) {
                  consumer.seek(partition, at.offset());
                }
              });
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (Arrays.equals(key, record.key())) {
            take(record, found);
          }
        }
      }
    }
    return found;
  }

  /** What cannot be read is not on record: it is sampled or scored again. */
  private static void take(ConsumerRecord<byte[], byte[]> record, List<Recorded> found) {
    try {
      found.add(new Recorded(EventCodec.decode(record), record.timestamp()));
    } catch (EventException e) {
      LOG.warnf(
          "The record at offset %d of %s-%d is left out: %s",
          record.offset(), record.topic(), record.partition(), e.getMessage());
    }
  }
}
