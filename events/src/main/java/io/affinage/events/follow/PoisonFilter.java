package io.affinage.events.follow;

import io.affinage.events.EventData;
import io.affinage.events.Intake;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a request topic as one of a group, and writes each record that is no request to the topic's
 * dead letters. For services whose requests are recorded by the topic itself, which every
 * instance's view reads: the group only sees to it that poison is put aside once, with its reason.
 *
 * <p>A record is behind the group only when its dead letter is written: as long as that fails, it
 * is tried again, which {@link #trouble()} tells. A crash in between writes a dead letter twice.
 */
public final class PoisonFilter implements MonitoredReader, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PoisonFilter.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration WRITTEN = Duration.ofSeconds(30);

  private final Map<String, Object> connection;
  private final Duration written;
  private final String group;
  private final Topic topic;
  private final Function<ConsumerRecord<byte[], byte[]>, Intake<? extends EventData>> intake;
  private final BiConsumer<Intake<? extends EventData>, ConsumerRecord<byte[], byte[]>> told;
  private final Perpetual thread;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private @Nullable Producer<byte[], byte[]> producer;

  /**
   * @param connection bootstrap servers and security
   * @param intake says what is a request
   * @param told what became of each record, once it is settled
   */
  public PoisonFilter(
      Map<String, Object> connection,
      String group,
      Topic topic,
      Function<ConsumerRecord<byte[], byte[]>, Intake<? extends EventData>> intake,
      BiConsumer<Intake<? extends EventData>, ConsumerRecord<byte[], byte[]>> told) {
    this(connection, group, topic, intake, told, WRITTEN);
  }

  /**
   * @param written after which writing a dead letter has failed, and is tried again
   */
  PoisonFilter(
      Map<String, Object> connection,
      String group,
      Topic topic,
      Function<ConsumerRecord<byte[], byte[]>, Intake<? extends EventData>> intake,
      BiConsumer<Intake<? extends EventData>, ConsumerRecord<byte[], byte[]>> told,
      Duration written) {
    this.written = written;
    this.connection = Map.copyOf(connection);
    this.group = group;
    this.topic = topic;
    this.intake = intake;
    this.told = told;
    this.thread = new Perpetual("filter-" + topic.name(), new Steps());
  }

  /** Begins to read; does not wait for the broker. */
  public void start() {
    thread.start();
  }

  @Override
  public String name() {
    return "filter-" + topic.name();
  }

  @Override
  public Optional<String> trouble() {
    return thread.trouble();
  }

  @Override
  public long restarts() {
    return thread.restarts();
  }

  @Override
  public void close() {
    thread.close();
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    KafkaConsumer<byte[], byte[]> open = consumer;
    if (open == null) {
      Map<String, Object> configuration = KafkaDefaults.consumer(connection);
      configuration.put(ConsumerConfig.GROUP_ID_CONFIG, group);
      // A topic may be made again.
      configuration.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 5_000);
      open =
          new KafkaConsumer<>(
              configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer = open;
      open.subscribe(List.of(topic.name()));
    }
    return open;
  }

  private void settle(ConsumerRecord<byte[], byte[]> record) {
    Intake<? extends EventData> taken = intake.apply(record);
    if (taken instanceof Intake.Refused<?> refused) {
      write(refused.deadLetter());
      LOG.warn(
          "Put aside {}-{} offset {}: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          refused.reason().getMessage());
    }
    told.accept(taken, record);
  }

  private void write(ProducerRecord<byte[], byte[]> deadLetter) {
    if (producer == null) {
      Map<String, Object> configuration = KafkaDefaults.producer(connection);
      configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, written.toMillis() / 2);
      configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) written.toMillis() / 3);
      configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) written.toMillis() / 2);
      configuration.put(ProducerConfig.LINGER_MS_CONFIG, 0);
      producer =
          new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer());
    }
    try {
      producer.send(deadLetter).get(written.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      throw new KafkaException(
          "a dead letter is not written to %s: %s".formatted(deadLetter.topic(), cause), cause);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private void disconnect() {
    KafkaConsumer<byte[], byte[]> reading = consumer;
    consumer = null;
    if (reading != null) {
      reading.close(CloseOptions.timeout(Duration.ofSeconds(2)));
    }
    Producer<byte[], byte[]> writing = producer;
    producer = null;
    if (writing != null) {
      writing.close(Duration.ofSeconds(2));
    }
  }

  private final class Steps implements Perpetual.Steps {
    @Override
    public void take() {
      KafkaConsumer<byte[], byte[]> reading = consumer();
      boolean some = false;
      for (ConsumerRecord<byte[], byte[]> record : reading.poll(POLL)) {
        settle(record);
        some = true;
      }
      if (some) {
        reading.commitSync();
      }
    }

    @Override
    public void recover() {
      disconnect();
    }

    @Override
    public void wakeUp() {
      KafkaConsumer<byte[], byte[]> reading = consumer;
      if (reading != null) {
        reading.wakeup();
      }
    }

    @Override
    public void end() {
      disconnect();
    }
  }
}
