package io.affinage.cli.client;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads every event from the beginning, and then what comes. Joins no group: nothing is committed
 * and no service is disturbed. Not thread-safe, but {@link #wakeUp()} may come from anywhere.
 */
public final class EventReader implements AutoCloseable {
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Consumer<Event<?>> events;
  private final Consumer<DeadLetter> deadLetters;

  /**
   * A record that a service could not use.
   *
   * @param topic the dead-letter topic
   * @param runId empty when the record does not say
   * @param reason as the service gave it
   */
  public record DeadLetter(String topic, String runId, String reason) {}

  /**
   * @param connection Kafka client properties: bootstrap servers and security
   * @param events told every event once per reading
   * @param deadLetters told every dead letter
   */
  public EventReader(
      Map<String, Object> connection, Consumer<Event<?>> events, Consumer<DeadLetter> deadLetters) {
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.consumer(connection));
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    configuration.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 15_000);
    this.consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.events = events;
    this.deadLetters = deadLetters;
  }

  /** Reads all that is there now. */
  public void catchUp() {
    Set<String> ours = Topics.all().stream().map(Topic::name).collect(Collectors.toSet());
    List<TopicPartition> partitions = new ArrayList<>();
    for (Map.Entry<String, List<PartitionInfo>> topic : consumer.listTopics().entrySet()) {
      if (ours.contains(topic.getKey())) {
        topic
            .getValue()
            .forEach(part -> partitions.add(new TopicPartition(part.topic(), part.partition())));
      }
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      poll(Duration.ofMillis(100));
    }
  }

  /** Reads what has come, waiting at most so long for the first. */
  public void poll(Duration wait) {
    if (consumer.assignment().isEmpty()) {
      throw new IllegalStateException("catch up first");
    }
    consumer.poll(wait).forEach(this::dispatch);
  }

  private void dispatch(ConsumerRecord<byte[], byte[]> record) {
    if (Topics.find(record.topic()).filter(topic -> topic.accepts().isEmpty()).isPresent()) {
      deadLetters.accept(
          new DeadLetter(
              record.topic(),
              header(record, "ce_correlationid"),
              header(record, "dead-letter-reason")));
      return;
    }
    if (record.value() == null) {
      return;
    }
    Event<?> event;
    try {
      event = EventCodec.decode(record);
    } catch (EventException e) {
      // Poison for the service that the topic is for, which reports it as a dead letter.
      return;
    }
    events.accept(event);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** Makes a reading thread throw Kafka's {@code WakeupException}. */
  public void wakeUp() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(2)));
  }
}
