package io.affinage.events;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The client settings that every plain producer and consumer here starts from. */
public final class KafkaDefaults {
  private KafkaDefaults() {}

  /**
   * Durable, ordered, without duplicates by retries.
   *
   * @param connection bootstrap servers and security
   */
  public static Map<String, Object> producer(Map<String, Object> connection) {
    Map<String, Object> configuration = new HashMap<>(connection);
    configuration.put(ProducerConfig.ACKS_CONFIG, "all");
    configuration.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    return configuration;
  }

  /**
   * The whole backlog, no aborted transactions, few records at a time, and an explicit commit. A
   * group takes a member that died for dead after ten seconds: until then nobody reads its share.
   *
   * @param connection bootstrap servers and security
   */
  public static Map<String, Object> consumer(Map<String, Object> connection) {
    Map<String, Object> configuration = new HashMap<>(connection);
    configuration.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    configuration.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10);
    configuration.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    configuration.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    configuration.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return configuration;
  }
}
