package io.affinage.broker.testing;

import io.affinage.broker.BrokerException;
import org.apache.kafka.common.utils.AppInfoParser;
import org.testcontainers.kafka.KafkaContainer;

/** Apache Kafka's own image, of the same version as the client library here. */
record ContainerTestBroker(KafkaContainer container) implements TestBroker {
  static ContainerTestBroker start() {
    if (!ContainerEngine.isPresent()) {
      throw new BrokerException(
          "container_engine_missing",
          "-Daffinage.test.broker=container needs a Docker engine: neither DOCKER_HOST nor"
              + " /var/run/docker.sock is there.",
          null);
    }
    KafkaContainer container =
        new KafkaContainer("apache/kafka:" + AppInfoParser.getVersion())
            .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
            .withEnv("KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS", "1000");
    container.start();
    return new ContainerTestBroker(container);
  }

  @Override
  public String bootstrapServers() {
    return container.getBootstrapServers();
  }

  @Override
  public void restart() {
    throw new UnsupportedOperationException("a container gets another port at each start");
  }

  @Override
  public boolean canRestart() {
    return false;
  }

  @Override
  public void close() {
    container.stop();
  }
}
