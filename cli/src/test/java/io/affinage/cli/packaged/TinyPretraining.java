package io.affinage.cli.packaged;

import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;

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
    return Settings.build(TrainingSpec.class)
        .with("method", "pretrain")
        .with("architecture", shape)
        .with("maxSteps", maxSteps)
        .with("batchSize", batchSize)
        .with("learningRate", 1e-3)
        .with("maxLength", 64)
        .with("dtype", "float32")
        .with("checkpointEverySteps", checkpointEverySteps)
        .with("seed", 1L)
        .record();
  }
}
