package io.affinage.eval.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Reads whole topics from their beginning and goes on, on a thread of its own, without a group:
 * every instance has the same view. Records that cannot be read are left out; the request channel
 * puts those of its topic aside.
 */
final class TopicFeed implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TopicFeed.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration META = Duration.ofSeconds(10);
  private static final long BACKOFF_MILLIS = 1_000;

  private final List<Topic> topics;
  private final BiConsumer<Event<?>, ConsumerRecord<byte[], byte[]>> listener;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread;
  private Map<TopicPartition, Long> ends = Map.of();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);

  TopicFeed(
      Map<String, Object> connection,
      List<Topic> topics,
      BiConsumer<Event<?>, ConsumerRecord<byte[], byte[]>> listener) {
    this.topics = topics;
    this.listener = listener;
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.consumer(connection));
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    thread = new Thread(this::run, "eval-topic-feed");
    thread.setDaemon(true);
  }

  /** Begins to read; the topics must exist. No effect on a feed that reads. */
  void start() {
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  /** Waits until everything was read that was there when reading began. */
  void awaitReady() throws InterruptedException {
    ready.await();
  }

  boolean alive() {
    return thread.isAlive();
  }

  private void run() {
    try (consumer) {
      while (closing.getCount() > 0) {
        try {
          if (consumer.assignment().isEmpty()) {
            assign();
          }
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            tell(record);
          }
          if (ready.getCount() > 0 && caughtUp()) {
            ready.countDown();
          }
        } catch (WakeupException e) {
          return;
        } catch (KafkaException e) {
          LOG.warnf("The topics cannot be read, trying again: %s", e.getMessage());
          pause();
        }
      }
    }
  }

  private void assign() {
    List<TopicPartition> all =
        topics.stream()
            .flatMap(topic -> consumer.partitionsFor(topic.name(), META).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    Map<TopicPartition, Long> found = consumer.endOffsets(all, META);
    consumer.assign(all);
    consumer.seekToBeginning(all);
    ends = found;
  }

  private boolean caughtUp() {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey(), META) >= end.getValue());
  }

  private void tell(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    try {
      listener.accept(EventCodec.decode(record), record);
    } catch (EventException e) {
      LOG.warnf(
          "Skipped %s-%d@%d: %s",
          record.topic(), record.partition(), record.offset(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.errorf(e, "An event of %s could not be applied, going on", record.topic());
    }
  }

  private void pause() {
    try {
      closing.await(BACKOFF_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    consumer.wakeup();
  }
}
