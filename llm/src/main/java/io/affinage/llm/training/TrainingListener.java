package io.affinage.llm.training;

import io.affinage.llm.error.LlmException;
import java.nio.file.Path;

/** Hears what a run does, on the run's thread. */
public interface TrainingListener {
  /** Listens to nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** After each optimizer step, skipped ones included. */
  default void onStep(TrainingProgress progress) {}

  /**
   * The held-out examples were evaluated.
   *
   * @param heldOutLoss nats per target token
   * @param best whether it is the lowest so far
   */
  default void onEvaluation(int step, double heldOutLoss, boolean best) {}

  /**
   * The training loss rises; told once.
   *
   * @param lowest its lowest average over recent steps, nats per target token
   * @param now that average at this step
   */
  default void onLossRising(int step, double lowest, double now) {}

  /**
   * A checkpoint was written.
   *
   * @param folder complete and synced; the run leaves it alone until this returns, and removes it
   *     when newer ones push it out (see {@link Checkpointing})
   */
  default void onCheckpoint(int step, Path folder, double loss) {}

  /**
   * A checkpoint could not be written.
   *
   * @param needed whether the run ends in it or will choose its weights
   * @param tries how often it was tried, from 1
   */
  default Unwritten onCheckpointFailure(int step, boolean needed, int tries, LlmException failure) {
    return Unwritten.END;
  }

  /** What to do about a checkpoint that could not be written. */
  enum Unwritten {
    TRY_AGAIN,
    /** Go on without it, where it is not needed. */
    LEAVE_OUT,
    /** End the run with the failure. */
    END
  }

  /** Asked between steps; true ends the run after a checkpoint. */
  default boolean shouldStop() {
    return false;
  }
}
