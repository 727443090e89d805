package io.affinage.trainer.job;

import io.affinage.events.ModelRegistered;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Registered models by id. Safe for use by several threads. */
public final class ModelView {
  private final ConcurrentHashMap<String, ModelRegistered> models = new ConcurrentHashMap<>();

  public void registered(ModelRegistered model) {
    models.put(model.modelId(), model);
  }

  public Optional<ModelRegistered> find(String modelId) {
    return Optional.ofNullable(models.get(modelId));
  }
}
