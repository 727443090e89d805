package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Makes clients that share the application's connection settings ({@code kafka.*}: servers,
 * security).
 */
public final class KafkaClients {
  private final Map<String, Object> connection;

  public KafkaClients(Map<String, Object> connection) {
    this.connection = Map.copyOf(connection);
  }

  Producer<String, Event<?>> producer() {
    Map<String, Object> settings = KafkaDefaults.producer(connection);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, "10000");
    return new KafkaProducer<>(settings, new StringSerializer(), new EventSerializer());
  }

  /** Servers and security. */
  Map<String, Object> connection() {
    return connection;
  }
}
