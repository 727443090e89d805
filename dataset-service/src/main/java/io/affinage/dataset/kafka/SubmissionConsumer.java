package io.affinage.dataset.kafka;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.config.DatasetConfig;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.DeadLetters;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topics;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Takes submissions from their topic, in order within a partition.
 *
 * <p>Ingestion may last for hours, so it runs beside this thread, which goes on polling with the
 * busy partitions paused: the group never takes the instance for dead. Everything that touches
 * Kafka happens on this one thread. The records that tell the end are committed in one transaction
 * with the submission's offset; when that fails, or the partition moved to another instance
 * meanwhile, nothing happened and the submission is read again, here or there, and gives the same
 * bytes.
 */
@Singleton
class SubmissionConsumer {
  private static final Logger LOG = Logger.getLogger(SubmissionConsumer.class);
  private static final String GROUP = "dataset-service";
  private static final Duration IDLE_POLL = Duration.ofMillis(500);
  private static final Duration BUSY_POLL = Duration.ofMillis(50);
  private static final long PAUSE_MILLIS = 1_000;
  private static final int REMEMBERED = 100;

  private final Map<String, Object> configuration;
  private final TransactionalProducer producer;
  private final CatalogView view;
  private final Catalog catalog;
  private final SubmissionWork work;
  private final SubmissionMeters meters;
  private final int concurrency;
  private final ExecutorService workers;
  private final Thread thread = new Thread(this::run, "submission-consumer");
  private final Map<TopicPartition, InFlight> partitions = new HashMap<>();

  /** So that a submission that is read again joins the work that goes on, or its result. */
  private final Map<String, CompletableFuture<SubmissionWork.Result>> started =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(
            Map.Entry<String, CompletableFuture<SubmissionWork.Result>> eldest) {
          return size() > REMEMBERED && eldest.getValue().isDone();
        }
      };

  private final CountDownLatch stopped = new CountDownLatch(1);

  SubmissionConsumer(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      DatasetConfig config,
      CatalogView view,
      Catalog catalog,
      SubmissionWork work,
      SubmissionMeters meters) {
    this.configuration = KafkaDefaults.consumer(connection);
    this.configuration.put(ConsumerConfig.GROUP_ID_CONFIG, GROUP);
    this.configuration.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    this.producer = new TransactionalProducer(connection, GROUP + "-" + UUID.randomUUID());
    this.view = view;
    this.catalog = catalog;
    this.work = work;
    this.meters = meters;
    this.concurrency = config.concurrency();
    this.workers = Executors.newFixedThreadPool(concurrency);
  }

  void start(@Observes StartupEvent event) {
    view.loaded().thenRun(thread::start);
  }

  /** What is under way is given up; its submission stays unread. */
  @PreDestroy
  void stop() throws InterruptedException {
    stopped.countDown();
    workers.shutdownNow();
    thread.join(TimeUnit.SECONDS.toMillis(10));
    thread.interrupt();
    producer.close();
  }

  private void run() {
    try {
      do {
        try {
          consume();
        } catch (InterruptException e) {
          return;
        } catch (RuntimeException e) {
          // Whatever it was: from the last committed submission on, with new connections.
          LOG.warnf("Submissions cannot be taken, trying again: %s", e);
        }
      } while (!stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void consume() {
    partitions.clear();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(Topics.DATASET_SUBMITTED.name()), new Leaving());
      while (stopped.getCount() > 0) {
        take(consumer, consumer.poll(partitions.isEmpty() ? IDLE_POLL : BUSY_POLL));
        answer(consumer);
        begin();
      }
    }
  }

  private void take(KafkaConsumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> read) {
    for (TopicPartition partition : read.partitions()) {
      partitions.computeIfAbsent(partition, p -> new InFlight()).add(read.records(partition));
      consumer.pause(List.of(partition));
    }
  }

  private void begin() {
    long busy = partitions.values().stream().filter(InFlight::busy).count();
    for (InFlight inFlight : partitions.values()) {
      if (busy < concurrency && inFlight.waits()) {
        inFlight.begin(begin(inFlight.first()));
        busy++;
      }
    }
  }

  private CompletableFuture<SubmissionWork.Result> begin(ConsumerRecord<byte[], byte[]> record) {
    Event<DatasetSubmitted> submitted;
    try {
      submitted = EventCodec.decode(record).as(DatasetSubmitted.class);
    } catch (EventException poison) {
      LOG.warnf("Poison at offset %d: %s", record.offset(), poison.getMessage());
      meters.deadLetter();
      ProducerRecord<byte[], byte[]> deadLetter =
          DeadLetters.of(Topics.DATASET_SUBMITTED, record, poison);
      return CompletableFuture.completedFuture(
          new SubmissionWork.Result(null, List.of(deadLetter)));
    }
    String id = submitted.data().submissionId();
    return started.computeIfAbsent(id, key -> start(submitted));
  }

  private CompletableFuture<SubmissionWork.Result> start(Event<DatasetSubmitted> submitted) {
    CompletableFuture<SubmissionWork.Result> result = new CompletableFuture<>();
    workers.execute(
        () -> {
          try {
            result.complete(work.run(submitted));
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private void answer(KafkaConsumer<byte[], byte[]> consumer) {
    for (Map.Entry<TopicPartition, InFlight> entry : List.copyOf(partitions.entrySet())) {
      InFlight inFlight = entry.getValue();
      CompletableFuture<SubmissionWork.Result> done = inFlight.done();
      if (done == null) {
        continue;
      }
      if (done.isCompletedExceptionally()) {
        started.values().remove(done);
      }
      SubmissionWork.Result result = done.join();
      OffsetAndMetadata next = new OffsetAndMetadata(inFlight.first().offset() + 1);
      producer.write(result.records(), Map.of(entry.getKey(), next), consumer.groupMetadata());
      started.values().remove(done);
      if (result.end() != null) {
        catalog.apply(result.end(), Instant.now());
      }
      inFlight.answered();
      if (inFlight.isEmpty()) {
        partitions.remove(entry.getKey());
        consumer.resume(List.of(entry.getKey()));
      }
    }
  }

  /** What moves to another instance is answered there. */
  private final class Leaving implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      revoked.forEach(partitions::remove);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      // read from the last committed submission on
    }
  }
}
