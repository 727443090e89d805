package io.affinage.cli.client;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.KafkaRefusal;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends events and waits until Kafka has them. */
public final class Publisher implements AutoCloseable {
  private final KafkaProducer<String, Event<?>> producer;
  private final EventFactory factory = new EventFactory("/affinage/cli", Clock.systemUTC());

  /**
   * @param connection Kafka client properties: bootstrap servers and security
   */
  public Publisher(Map<String, Object> connection) {
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.producer(connection));
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 15_000);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 15_000);
    this.producer =
        new KafkaProducer<>(configuration, new StringSerializer(), new EventSerializer());
  }

  /**
   * Sends one event.
   *
   * @param runId the run it belongs to; null for none
   */
  public <T extends EventData> void send(Topic topic, T data, String runId) {
    try {
      producer.send(topic.record(factory.create(data, runId))).get();
    } catch (ExecutionException e) {
      throw KafkaRefusal.of(e.getCause())
          .orElseGet(
              () ->
                  new CliException(
                      ExitCode.UNREACHABLE,
                      "event_not_sent",
                      "Kafka did not take the event for %s: %s"
                          .formatted(topic.name(), e.getCause().getMessage()),
                      e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.FAILED, "interrupted", "Interrupted while sending.", e);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
