package io.affinage.trainer.rest;

import io.affinage.trainer.engine.HashingEngine;
import io.affinage.trainer.engine.TrainingEngine;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The tests of the edges need an engine that waits when told to. */
@Singleton
final class HashingLibrary {
  static final HashingEngine ENGINE = new HashingEngine();

  @Produces
  @Alternative
  @Priority(1)
  @Singleton
  TrainingEngine engine() {
    return ENGINE;
  }
}
