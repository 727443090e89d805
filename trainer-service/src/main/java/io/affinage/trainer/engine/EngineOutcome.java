package io.affinage.trainer.engine;

import io.affinage.events.Warning;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** How a run of the engine ended, when it did not fail. */
public sealed interface EngineOutcome {

  /**
   * The job is done.
   *
   * @param modelFolder an adapter or a model in Hugging Face's layout
   * @param adapter whether the folder holds an adapter rather than a full model
   * @param trainedTokens tokens processed over all epochs, padding not counted
   * @param metrics numbers by name, for example {@code train_loss}
   * @param warnings what its owner should know
   */
  record Completed(
      Path modelFolder,
      boolean adapter,
      long trainedTokens,
      Map<String, Double> metrics,
      List<Warning> warnings)
      implements EngineOutcome {
    public Completed {
      metrics = Map.copyOf(metrics);
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The listener asked to stop; the checkpoint of this step was handed to it, unless that is the
   * step at which the run began.
   *
   * @param step optimizer steps done
   */
  record Stopped(int step) implements EngineOutcome {}
}
