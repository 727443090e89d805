package io.affinage.dataset;

import io.affinage.broker.testing.TestBroker;
import io.affinage.broker.testing.TestFolder;
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
  private TestFolder folder;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    Map<String, String> configuration = new HashMap<>(broker.quarkusConfiguration());
    folder = TestFolder.create("dataset-service-it-");
    Path root = folder.path();
    try {
      configuration.put("affinage.artifacts", root.resolve("store").toString());
      configuration.put(
          "affinage.dataset.file-root", Files.createDirectory(root.resolve("files")).toString());
      configuration.put("affinage.dataset.work-folder", root.resolve("work").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    configuration.put("affinage.dataset.retry.pause", "10ms");
    configuration.put("affinage.work.pause", "10ms");
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
    if (folder != null) {
      folder.close();
    }
  }
}
