package io.affinage.dataset.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.service.kafka.TopicSetup;
import io.affinage.service.kafka.WarmUp;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/** Keeps the catalog equal to its topics, from their first record on. */
@Singleton
class CatalogView implements WarmUp {
  private static final Logger LOG = Logger.getLogger(CatalogView.class);
  private static final List<Topic> TOPICS =
      List.of(Topics.FILE_UPLOADED, Topics.DATASET_READY, Topics.DATASET_REJECTED);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long PAUSE_MILLIS = 1_000;
  private static final long REFRESH_SECONDS = 30;

  private final Map<String, Object> configuration;
  private final TopicSetup topics;
  private final Catalog catalog;
  private final Queue<CompletableFuture<Void>> asked = new ConcurrentLinkedQueue<>();
  private final Thread thread = new Thread(this::run, "catalog-view");
  private final CompletableFuture<Void> loaded = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  CatalogView(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicSetup topics,
      Catalog catalog) {
    this.configuration = KafkaDefaults.consumer(connection);
    this.configuration.remove(ConsumerConfig.GROUP_ID_CONFIG);
    this.configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1_000);
    this.topics = topics;
    this.catalog = catalog;
  }

  void start(@Observes StartupEvent event) {
    thread.setDaemon(true);
    topics.created().thenRun(thread::start);
  }

  /** Whether everything that was there at the start has been read. */
  @Override
  public boolean done() {
    return loaded.isDone();
  }

  /** Completes when everything that was there at the start has been read. */
  CompletionStage<Void> loaded() {
    return loaded;
  }

  /**
   * Waits until all that is committed by now has been read.
   *
   * @throws KafkaException when the broker does not answer
   */
  void refresh() throws InterruptedException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    asked.add(done);
    try {
      done.get(REFRESH_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("the catalog cannot be brought up to date", e);
    }
  }

  @PreDestroy
  void stop() throws InterruptedException {
    stopped.countDown();
    thread.join(10 * POLL.toMillis());
    thread.interrupt();
  }

  private void run() {
    try {
      do {
        try {
          follow();
        } catch (KafkaException e) {
          if (e instanceof InterruptException) {
            return;
          }
          LOG.warnf("The catalog's topics cannot be read, trying again: %s", e.getMessage());
        }
      } while (!stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow() {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = partitions(consumer);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      CompletableFuture<Void> first = new CompletableFuture<>();
      first.thenRun(() -> loaded.complete(null));
      asked.add(first);
      while (running()) {
        CompletableFuture<Void> request = asked.poll();
        if (request == null) {
          consumer.poll(POLL).forEach(this::apply);
        } else {
          readUpToNow(consumer, request);
        }
      }
    }
  }

  private void readUpToNow(
      KafkaConsumer<byte[], byte[]> consumer, CompletableFuture<Void> request) {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      while (running()
          && ends.entrySet().stream()
              .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(POLL).forEach(this::apply);
      }
      request.complete(null);
    } catch (KafkaException e) {
      request.completeExceptionally(e);
      throw e;
    }
  }

  private static List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (Topic topic : TOPICS) {
      consumer
          .partitionsFor(topic.name())
          .forEach(info -> partitions.add(new TopicPartition(topic.name(), info.partition())));
    }
    return partitions;
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    Topic topic = Topics.find(record.topic()).orElseThrow();
    if (record.value() == null) {
      catalog.remove(topic, new String(record.key(), UTF_8));
      return;
    }
    try {
      Event<?> event = EventCodec.decode(record);
      Instant time = event.metadata().time();
      catalog.apply(event.data(), time == null ? Instant.ofEpochMilli(record.timestamp()) : time);
    } catch (EventException e) {
      LOG.warnf(
          "Passing over offset %d of %s-%d: %s",
          record.offset(), record.topic(), record.partition(), e.getMessage());
    }
  }

  private boolean running() {
    return stopped.getCount() > 0;
  }
}
