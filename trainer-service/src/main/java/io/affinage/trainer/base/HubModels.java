package io.affinage.trainer.base;

import io.affinage.trainer.engine.TrainingException;
import java.io.IOException;
import java.nio.file.Path;

/** Downloads models from a hub into a local cache. */
public interface HubModels {

  /**
   * @param name {@code owner/name}
   * @param revision null for the default branch
   * @return a folder with the model's files
   * @throws TrainingException when the hub has no such model or refuses to give it
   */
  Path fetch(String name, String revision) throws TrainingException, IOException;
}
