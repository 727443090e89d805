package io.affinage.trainer.rest;

import io.affinage.broker.testing.TestBroker;
import io.affinage.broker.testing.TestFolder;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;

/** A real broker and a folder for artifacts: all that the service needs. */
public final class TrainerPlatform implements QuarkusTestResourceLifecycleManager {
  private TestBroker broker;
  private TestFolder folder;

  @Override
  public Map<String, String> start() {
    broker = TestBroker.start();
    folder = TestFolder.create("affinage-trainer-it");
    Map<String, String> settings = new HashMap<>(broker.quarkusConfiguration());
    settings.put("affinage.artifacts", folder.path().resolve("store").toString());
    settings.put("affinage.trainer.work-folder", folder.path().resolve("work").toString());
    settings.put("affinage.trainer.lease", "3s");
    settings.put("affinage.trainer.progress-every", "0s");
    settings.put("affinage.topics.partitions", "2");
    return settings;
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
