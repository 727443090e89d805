package io.affinage.llm.training;

import java.nio.file.Path;

/** Hears what a run does, on the run's thread. */
public interface TrainingListener {
  /** After each optimizer step. */
  default void onStep(TrainingProgress progress) {}

  /**
   * A checkpoint was written.
   *
   * @param folder complete and synced; the run does not touch it again
   */
  default void onCheckpoint(int step, Path folder, double loss) {}

  /** Asked between steps; true ends the run after a checkpoint. */
  default boolean shouldStop() {
    return false;
  }
}
