package io.affinage.trainer.rest;

import io.affinage.broker.testing.TestBroker;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A real broker and a folder for artifacts: all that the service needs. */
public final class TrainerPlatform implements QuarkusTestResourceLifecycleManager {
  private TestBroker broker;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    try {
      Path folder = Files.createTempDirectory("affinage-trainer-it");
      Map<String, String> settings = new HashMap<>(broker.quarkusConfiguration());
      settings.put("affinage.artifacts", folder.resolve("store").toString());
      settings.put("affinage.trainer.work-folder", folder.resolve("work").toString());
      settings.put("affinage.trainer.lease", "3s");
      settings.put("affinage.trainer.progress-every", "0s");
      settings.put("affinage.topics.partitions", "2");
      return settings;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    if (broker != null) {
      broker.close();
    }
  }
}
