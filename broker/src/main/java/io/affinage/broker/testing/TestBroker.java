package io.affinage.broker.testing;

import io.affinage.broker.BrokerException;
import java.util.Map;

/** A running broker for tests. See the package for how it is chosen. */
public sealed interface TestBroker extends AutoCloseable
    permits EmbeddedTestBroker, ContainerTestBroker {

  /** What clients set as {@code bootstrap.servers}. */
  String bootstrapServers();

  /**
   * Stops and starts the broker on the same port and data.
   *
   * @throws UnsupportedOperationException when {@link #canRestart()} is false
   */
  void restart();

  /** Whether {@link #restart()} works; a container gets another port at each start. */
  boolean canRestart();

  /** Stops the broker and deletes its data. */
  @Override
  void close();

  /** Configuration that points a Quarkus application at this broker, and quiets Kafka's own log. */
  default Map<String, String> quarkusConfiguration() {
    return Map.of(
        "kafka.bootstrap.servers",
        bootstrapServers(),
        "quarkus.log.category.\"kafka\".level",
        "ERROR",
        "quarkus.log.category.\"org.apache.kafka\".level",
        "WARN",
        "quarkus.log.category.\"state.change.logger\".level",
        "ERROR");
  }

  /**
   * Starts the broker that the system property {@code affinage.test.broker} asks for.
   *
   * @throws BrokerException {@code container_engine_missing}, {@code invalid_argument} or the codes
   *     of {@link io.affinage.broker.EmbeddedBroker}
   */
  static TestBroker start() {
    return BrokerChoice.fromSystemProperty().usesContainer()
        ? ContainerTestBroker.start()
        : EmbeddedTestBroker.start();
  }

  /** Whether {@link #start()} can work here, for JUnit's {@code @EnabledIf}. */
  static boolean isAvailable() {
    return BrokerChoice.fromSystemProperty() != BrokerChoice.CONTAINER
        || ContainerEngine.isPresent();
  }
}
