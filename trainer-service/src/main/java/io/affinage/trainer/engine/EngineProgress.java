package io.affinage.trainer.engine;

import io.affinage.events.TrainingProgressed;
import io.affinage.events.Warning;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far a run is.
 *
 * @param step optimizer steps done
 * @param totalSteps of the whole job
 * @param trainLoss mean loss per target token of the last step, nats
 * @param learningRate of the last step
 * @param tokensSeen tokens processed by the job so far, padding not counted
 * @param tokensPerSecond over the recent steps of this attempt
 * @param etaSeconds estimate of what is left; null when unknown
 * @param metrics further numbers by name; empty for none
 * @param warnings what was noticed since the progress before; empty for nothing
 * @param pass how far what comes after that step is, where it takes long; empty where not told
 */
public record EngineProgress(
    int step,
    int totalSteps,
    Double trainLoss,
    Double learningRate,
    long tokensSeen,
    Double tokensPerSecond,
    Double etaSeconds,
    Map<String, Double> metrics,
    List<Warning> warnings,
    Optional<TrainingProgressed.Pass> pass) {
  public EngineProgress {
    warnings = List.copyOf(warnings);
    metrics = metrics == null ? Map.of() : Map.copyOf(metrics);
  }

  /** The same with more warnings. */
  public EngineProgress warning(List<Warning> more) {
    List<Warning> all = new ArrayList<>(warnings);
    all.addAll(more);
    return new EngineProgress(
        step,
        totalSteps,
        trainLoss,
        learningRate,
        tokensSeen,
        tokensPerSecond,
        etaSeconds,
        metrics,
        all,
        pass);
  }

  /** The same with how far what comes after it is. */
  public EngineProgress within(TrainingProgressed.Pass next) {
    return new EngineProgress(
        step,
        totalSteps,
        trainLoss,
        learningRate,
        tokensSeen,
        tokensPerSecond,
        etaSeconds,
        metrics,
        warnings,
        Optional.of(next));
  }
}
