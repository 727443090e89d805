package io.affinage.broker.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.affinage.broker.BrokerException;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TestBrokerIT {
  private String before;

  @BeforeEach
  void rememberProperty() {
    before = System.getProperty(BrokerChoice.PROPERTY);
  }

  @AfterEach
  void restoreProperty() {
    if (before == null) {
      System.clearProperty(BrokerChoice.PROPERTY);
    } else {
      System.setProperty(BrokerChoice.PROPERTY, before);
    }
  }

  @Test
  void shouldServeEmbeddedByDefault() throws Exception {
    System.clearProperty(BrokerChoice.PROPERTY);
    try (TestBroker broker = TestBroker.start()) {
      assertThat(broker.canRestart()).isTrue();
      assertThat(broker.quarkusConfiguration())
          .containsEntry("kafka.bootstrap.servers", broker.bootstrapServers());
      assertServes(broker);
    }
  }

  @Test
  void shouldServeFromApacheKafkasImageWhereThereIsAnEngine() throws Exception {
    assumeTrue(
        ContainerEngine.isPresent(),
        "skipped: no Docker engine (neither DOCKER_HOST nor /var/run/docker.sock)");
    System.setProperty(BrokerChoice.PROPERTY, "container");
    try (TestBroker broker = TestBroker.start()) {
      assertServes(broker);
    }
  }

  @Test
  void shouldSayThatAContainerNeedsAnEngine() {
    assumeTrue(!ContainerEngine.isPresent(), "skipped: there is a Docker engine");
    System.setProperty(BrokerChoice.PROPERTY, "container");
    assertThat(TestBroker.isAvailable()).isFalse();
    assertThatThrownBy(TestBroker::start)
        .isInstanceOf(BrokerException.class)
        .hasMessageContaining("Docker engine");
  }

  @Test
  void shouldRefuseAnUnknownChoice() {
    System.setProperty(BrokerChoice.PROPERTY, "mocked");
    assertThatThrownBy(TestBroker::start).hasMessageContaining("embedded, container or auto");
  }

  private static void assertServes(TestBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      assertThat(admin.describeCluster().nodes().get()).hasSize(1);
    }
  }
}
