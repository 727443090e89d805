package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * When checkpoints are made and how many stay.
 *
 * @param everySteps optimizer steps between checkpoints; 0 for none
 * @param keepLast the newest that stay on disk beside the best one; 0 keeps all
 */
public record Checkpointing(int everySteps, int keepLast) {
  public static final Checkpointing NONE = new Checkpointing(0, 0);

  public Checkpointing {
    require(everySteps >= 0, "checkpointEverySteps", "0 or more", everySteps);
    require(keepLast >= 0, "keepCheckpoints", "0 or more", keepLast);
  }
}
