package io.affinage.trainer.llm;

import io.affinage.events.Warning;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.training.TrainingOutcome;
import java.util.Map;
import java.util.Optional;

/** Whether a finished run has learned, by its training loss and by what was held out. */
final class Convergence {
  /** How far losses may lie above where they began by chance alone. */
  private static final double CHANCE = 1.1;

  private static final double CHANCE_NATS = 0.05;
  private static final double HELD_OUT_CHANCE = 1.01;
  private static final int TELLING_STEPS = 10;

  private Convergence() {}

  /**
   * What there is to say of a run that went on to its end.
   *
   * @param metrics held-out losses among them, where they were measured
   * @throws LlmException {@code diverged} where the training loss rose, and the best held-out loss
   *     is above that of the untrained model
   */
  static Optional<Warning> judge(TrainingOutcome outcome, Map<String, Double> metrics) {
    boolean rose = outcome.recentLoss() > CHANCE * outcome.firstLoss() + CHANCE_NATS;
    Double before = metrics.get("held_out_loss_before");
    Double after = metrics.get("held_out_loss_after");
    if (rose && before != null) {
      double best = outcome.bestStep() > 0 ? outcome.bestHeldOutLoss() : after;
      if (best > HELD_OUT_CHANCE * before) {
        throw new LlmException(
            "diverged",
            "training made the model worse: its loss went from %.4f to %.4f, and the best held-out loss, %.4f%s, is above the %.4f of the untrained model. Lower learning_rate, raise warmup_ratio or batch_size, or look at the rows"
                .formatted(
                    outcome.firstLoss(),
                    outcome.recentLoss(),
                    best,
                    outcome.bestStep() > 0 ? " of step " + outcome.bestStep() : "",
                    before));
      }
    }
    // Of fewer steps the first and the last differ by the rows they saw.
    if (rose && outcome.steps() >= TELLING_STEPS) {
      return Optional.of(
          new Warning(
              "loss_rose",
              "the training loss rose from %.4f to %.4f: lower learning_rate, or look at the rows"
                  .formatted(outcome.firstLoss(), outcome.recentLoss())));
    }
    if (before != null && after > HELD_OUT_CHANCE * before) {
      return Optional.of(
          new Warning(
              "held_out_loss_rose",
              "the held-out loss rose from %.4f to %.4f while the training loss did not: the run learns its rows by heart; take fewer steps, or evaluation.keep_best"
                  .formatted(before, after)));
    }
    return Optional.empty();
  }
}
