package io.affinage.trainer.config;

import io.affinage.trainer.base.HubModels;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The model library behind the seams of the domain. */
@Singleton
final class ModelLibrary {

  @Produces
  @Singleton
  TrainingEngine engine() {
    return (job, dataset, base, resume, work, listener) -> {
      throw new TrainingException("engine_missing", "the model library is not connected yet", null);
    };
  }

  @Produces
  @Singleton
  HubModels hub() {
    return (name, revision) -> {
      throw new TrainingException("engine_missing", "the model library is not connected yet", null);
    };
  }
}
