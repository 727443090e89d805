package io.affinage.cli.packaged;

import io.affinage.events.TrainingSpec;

/** Pre-training from scratch that a test can wait for. */
final class TinyPretraining {
  private TinyPretraining() {}

  /**
   * In float32, texts of at most 64 tokens, always the same bits.
   *
   * @param checkpointEverySteps null for the default
   */
  static TrainingSpec spec(
      TrainingSpec.Architecture shape, int maxSteps, int batchSize, Integer checkpointEverySteps) {
    return new TrainingSpec(
        "pretrain",
        null,
        shape,
        null,
        maxSteps,
        batchSize,
        null,
        1e-3,
        null,
        null,
        null,
        null,
        64,
        null,
        null,
        null,
        "float32",
        checkpointEverySteps,
        1L);
  }
}
