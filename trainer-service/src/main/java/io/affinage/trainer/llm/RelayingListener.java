package io.affinage.trainer.llm;

import io.affinage.events.Warning;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells the domain what the library tells. */
final class RelayingListener implements TrainingListener {
  private final EngineListener domain;
  private final Precision precision;
  private final Optional<HeldOut> heldOut;
  private final Supplier<Map<String, Double>> beside;
  private final Optional<GuardRails> guards;
  private boolean evaluated;

  /**
   * @param heldOut what the run evaluates itself on
   * @param beside numbers by name that go with each step
   * @param guards of a run that samples answers
   */
  RelayingListener(
      EngineListener domain,
      Precision precision,
      Optional<HeldOut> heldOut,
      Supplier<Map<String, Double>> beside,
      Optional<GuardRails> guards) {
    this.beside = beside;
    this.guards = guards;
    this.domain = domain;
    this.precision = precision;
    this.heldOut = heldOut;
  }

  /** Told first: what ends a run is seen in its last step. */
  @Override
  public void onStep(TrainingProgress progress) {
    Map<String, Double> metrics = metrics(progress);
    domain.onStep(
        new EngineProgress(
            progress.step(),
            progress.totalSteps(),
            finite(progress.loss()),
            progress.learningRate(),
            progress.tokensSeen(),
            finite(progress.tokensPerSecond()),
            finite(progress.etaSeconds()),
            metrics,
            List.of(),
            Optional.empty()));
    guards.ifPresent(each -> each.check(progress.step(), metrics));
  }

  private Map<String, Double> metrics(TrainingProgress progress) {
    Map<String, Double> metrics = new HashMap<>();
    if (Double.isFinite(progress.gradNorm())) {
      metrics.put("grad_norm", progress.gradNorm());
    }
    if (progress.skippedSteps() > 0) {
      metrics.put("skipped_steps", (double) progress.skippedSteps());
    }
    put(progress.metrics(), "", metrics);
    put(beside.get(), "", metrics);
    if (evaluated) {
      HeldOut.Found found = heldOut.orElseThrow().last();
      put(Map.of("loss", found.loss()), HeldOut.PREFIX, metrics);
      put(found.metrics(), HeldOut.PREFIX, metrics);
    }
    return metrics;
  }

  private static void put(Map<String, Double> found, String prefix, Map<String, Double> into) {
    found.forEach(
        (name, value) -> {
          if (Double.isFinite(value)) {
            into.put(prefix + name, value);
          }
        });
  }

  /** Rates are undefined for an instant; JSON knows no NaN. */
  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  @Override
  public void onLossRising(int step, double lowest, double now) {
    domain.onWarning(
        new Warning(
            "loss_rising",
            "the training loss rises: at step %d it is %.4f on average, after %.4f before"
                .formatted(step, now, lowest)));
  }

  /** The last one known goes along with every step that follows. */
  @Override
  public void onEvaluation(int step, double loss, boolean best) {
    evaluated = true;
  }

  @Override
  public void onCheckpoint(int step, Path folder, double loss) {
    for (int tries = 1; !noted(step, folder, tries); tries++) {
      // Once there is room.
    }
    domain.onCheckpoint(step, folder, loss);
  }

  private boolean noted(int step, Path folder, int tries) {
    try {
      ComputeNote.write(folder, precision);
      return true;
    } catch (LlmException e) {
      if (onCheckpointFailure(step, true, tries, e) == Unwritten.END) {
        throw e;
      }
      return false;
    }
  }

  @Override
  public Unwritten onCheckpointFailure(int step, boolean needed, int tries, LlmException failure) {
    if (!needed) {
      domain.onCheckpointMissed(step, failure);
      return Unwritten.LEAVE_OUT;
    }
    try {
      domain.awaitRoom(
          "write the checkpoint of step " + step,
          tries,
          new TrainingException(failure.code(), failure.getMessage(), null, failure));
      return Unwritten.TRY_AGAIN;
    } catch (TrainingException e) {
      return Unwritten.END;
    }
  }

  @Override
  public boolean shouldStop() {
    return domain.shouldStop();
  }
}
