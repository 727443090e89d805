package io.affinage.dataset;

import io.affinage.broker.testing.TestBroker;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A real broker, an artifact store and a folder of files for the tests of the running service. */
public final class KafkaResource implements QuarkusTestResourceLifecycleManager {
  private TestBroker broker;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    Map<String, String> configuration = new HashMap<>(broker.quarkusConfiguration());
    try {
      Path folder = Files.createTempDirectory("dataset-service-it-");
      configuration.put("affinage.artifacts", folder.resolve("store").toString());
      configuration.put(
          "affinage.dataset.file-root",
          Files.createDirectory(folder.resolve("files")).toRealPath().toString());
      configuration.put("affinage.dataset.work-folder", folder.resolve("work").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    configuration.put("affinage.dataset.retry.pause", "10ms");
    configuration.put("affinage.dataset.max-row", "1M");
    configuration.put("quarkus.http.limits.max-body-size", "20M");
    return configuration;
  }

  /** Restarts the broker: a plain type, as the test's classes come from another loader. */
  @Override
  public void inject(TestInjector testInjector) {
    Runnable restart = () -> broker.restart();
    testInjector.injectIntoFields(restart, new TestInjector.MatchesType(Runnable.class));
  }

  @Override
  public void stop() {
    if (broker != null) {
      broker.close();
    }
  }
}
