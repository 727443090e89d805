package io.affinage.trainer.rest;

import io.affinage.broker.testing.TestBroker;
import io.affinage.broker.testing.TestFolder;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A real broker, a folder for artifacts and a key: all that the service needs. */
public final class TrainerPlatform implements QuarkusTestResourceLifecycleManager {
  /** May create and follow jobs, no more. */
  static final String KEY = "trainer-0123456789abcdef0123456789abcdef";

  private TestBroker broker;
  private TestFolder folder;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    folder = TestFolder.create("affinage-trainer-it");
    Map<String, String> settings = new HashMap<>(broker.quarkusConfiguration());
    settings.put("affinage.artifacts", folder.path().resolve("store").toString());
    settings.put("affinage.trainer.work-folder", folder.path().resolve("work").toString());
    settings.put("affinage.http.keys-file", keys().toString());
    settings.put("affinage.trainer.lease", "3s");
    settings.put("affinage.trainer.progress-every", "0s");
    // Another class loader of this JVM may hold libtorch, which only one can.
    settings.put("affinage.trainer.device", "cpu");
    settings.put("affinage.topics.partitions", "2");
    return settings;
  }

  private Path keys() {
    try {
      return Files.writeString(folder.path().resolve("keys"), "tester train,read " + KEY + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
