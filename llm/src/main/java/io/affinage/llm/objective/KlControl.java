package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

/** What the divergence from the reference costs, as training goes. */
public sealed interface KlControl {

  /** What it costs at first. */
  double coefficient();

  /**
   * What it costs after answers of which the divergence is known.
   *
   * @param coefficient what it cost until then
   * @param divergence mean over answers, each summed over its tokens, nats
   * @param answers how many
   */
  double next(double coefficient, double divergence, int answers);

  /** Always the same. */
  record Fixed(double coefficient) implements KlControl {
    public Fixed {
      require(coefficient >= 0 && Double.isFinite(coefficient), "klCoef", "0 or more", coefficient);
    }

    @Override
    public double next(double current, double divergence, int answers) {
      return current;
    }
  }

  /**
   * Keeps the divergence near a target (Ziegler et al. 2019): the coefficient is multiplied by 1 +
   * error answers / horizon, where error = divergence / target - 1, held to 0.2 on both sides.
   *
   * @param coefficient at first
   * @param target nats an answer
   * @param horizon answers
   */
  record Adaptive(double coefficient, double target, double horizon) implements KlControl {
    private static final double LARGEST_ERROR = 0.2;

    public Adaptive {
      require(coefficient > 0 && Double.isFinite(coefficient), "klCoef", "above 0", coefficient);
      require(target > 0 && Double.isFinite(target), "target", "above 0", target);
      require(horizon >= 1 && Double.isFinite(horizon), "horizon", "1 or more", horizon);
    }

    @Override
    public double next(double current, double divergence, int answers) {
      double error = Math.min(Math.max(divergence / target - 1, -LARGEST_ERROR), LARGEST_ERROR);
      return current * (1 + error * answers / horizon);
    }
  }
}
