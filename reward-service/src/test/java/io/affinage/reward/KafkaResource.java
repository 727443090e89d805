package io.affinage.reward;

import io.affinage.broker.testing.TestBroker;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** A real broker for the tests of the running service. */
public final class KafkaResource implements QuarkusTestResourceLifecycleManager {
  private TestBroker broker;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    return broker.quarkusConfiguration();
  }

  @Override
  public void stop() {
    if (broker != null) {
      broker.close();
    }
  }
}
