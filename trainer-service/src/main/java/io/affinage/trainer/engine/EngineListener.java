package io.affinage.trainer.engine;

import io.affinage.events.Warning;
import java.nio.file.Path;

/** What an engine tells while it runs, on the thread that it runs on. */
public interface EngineListener {
  /** Hears nothing, keeps nothing, and never stops. */
  EngineListener NONE =
      new EngineListener() {
        @Override
        public void onStep(EngineProgress progress) {}

        @Override
        public void onCheckpoint(int step, Path folder, Double trainLoss) {}

        @Override
        public boolean shouldStop() {
          return false;
        }
      };

  /** Where a run that samples answers keeps them. */
  default RolloutRecord record() {
    return RolloutRecord.NONE;
  }

  /** What the run will take, before its first step; not told when a run is resumed. */
  default void onPreflight(int totalSteps, Preflight preflight) {}

  /** Something its owner should know was noticed; the run goes on. */
  default void onWarning(Warning warning) {}

  /**
   * A base is being written in fewer bits, before the first step. What is written is not written
   * again where this ends early.
   *
   * @param done weights of all
   */
  default void onQuantized(int done, int of) {}

  /**
   * A block that is read from disk was computed with. Called for each use, on the thread that
   * computed; the listener throttles.
   */
  default void onBlock(EngineBlock block) {}

  /** An optimizer step is done. Called for every step; the listener throttles. */
  void onStep(EngineProgress progress);

  /**
   * A checkpoint lies in {@code folder}, which the engine leaves alone until this returns.
   *
   * @param step optimizer steps done
   * @param trainLoss of the last step; null when none was made yet
   */
  void onCheckpoint(int step, Path folder, Double trainLoss);

  /**
   * A checkpoint that the run can do without was not written.
   *
   * @param step optimizer steps done
   */
  default void onCheckpointMissed(int step, Exception failure) {}

  /**
   * Something that the run cannot do without was not written to the disk: waits until it is worth
   * another try. What it throws ends the run; by default that is the failure.
   *
   * @param what for people: what is being done
   * @param tries how often it was tried, from 1
   */
  default void awaitRoom(String what, int tries, TrainingException failure)
      throws TrainingException {
    throw failure;
  }

  /** What was waited for has been written. */
  default void onRoom(String what, int tries) {}

  /**
   * Whether to make a checkpoint and return. Asked after every step, while answers are sampled, and
   * while scores are waited for; cheap.
   */
  boolean shouldStop();
}
