package io.affinage.llm.objective;

import java.util.Arrays;

/**
 * PPO for language models, written down as papers and TRL's last version say it, padded rectangles
 * and masks included, and as slowly as that is: what {@link Ppo}, {@link GeneralizedAdvantage},
 * {@link Whitening} and {@link TokenRewards} are held against.
 *
 * @param mask [answers][longest]: 1 where an answer has a token
 */
record SlowPpo(double[][] mask) {

  /** sum(x mask) / sum(mask) */
  double mean(double[][] x) {
    double sum = 0;
    double count = 0;
    for (int i = 0; i < x.length; i++) {
      for (int t = 0; t < x[i].length; t++) {
        sum += mask[i][t] == 0 ? 0 : x[i][t];
        count += mask[i][t];
      }
    }
    return sum / count;
  }

  private double count() {
    return Arrays.stream(mask).flatMapToDouble(Arrays::stream).sum();
  }

  double[][] whiten(double[][] x, boolean shiftMean) {
    double mean = mean(x);
    double[][] squares = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      squares[i] = Arrays.stream(x[i]).map(v -> (v - mean) * (v - mean)).toArray();
    }
    double variance = mean(squares) * count() / (count() - 1);
    double[][] whitened = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      whitened[i] = new double[x[i].length];
      for (int t = 0; t < x[i].length; t++) {
        double w = (x[i][t] - mean) / Math.sqrt(variance + 1e-8) + (shiftMean ? 0 : mean);
        whitened[i][t] = mask[i][t] == 0 ? 0 : w;
      }
    }
    return whitened;
  }

  /** reward_t = -coefficient KL_t, and the score at the last token. */
  double[][] rewards(
      double[][] logp, double[][] reference, double[] scores, double coefficient, String kind) {
    double[][] rewards = new double[logp.length][logp[0].length];
    for (int i = 0; i < logp.length; i++) {
      int last = -1;
      for (int t = 0; t < logp[i].length; t++) {
        if (mask[i][t] == 0) {
          continue;
        }
        last = t;
        double logr = reference[i][t] - logp[i][t];
        double kl =
            switch (kind) {
              case "k1" -> -logr;
              case "k2" -> 0.5 * logr * logr;
              default -> Math.exp(logr) - 1 - logr;
            };
        rewards[i][t] = -coefficient * kl;
      }
      rewards[i][last] += scores[i];
    }
    return rewards;
  }

  /** The sum of (gamma lambda)^l delta_{t+l}, as the paper has it, one token after the other. */
  double[][] advantages(double[][] rewards, double[][] values, double gamma, double lambda) {
    double[][] advantages = new double[rewards.length][rewards[0].length];
    for (int i = 0; i < rewards.length; i++) {
      int length = (int) Arrays.stream(mask[i]).sum();
      for (int t = 0; t < length; t++) {
        for (int l = 0; t + l < length; l++) {
          double next = t + l + 1 < length ? values[i][t + l + 1] : 0;
          double delta = rewards[i][t + l] + gamma * next - values[i][t + l];
          advantages[i][t] += Math.pow(gamma * lambda, l) * delta;
        }
      }
    }
    return advantages;
  }

  double policyLoss(double[][] logp, double[][] old, double[][] advantages, double c) {
    double[][] losses = new double[logp.length][logp[0].length];
    for (int i = 0; i < logp.length; i++) {
      for (int t = 0; t < logp[i].length; t++) {
        double ratio = Math.exp(logp[i][t] - old[i][t]);
        double clipped = Math.min(Math.max(ratio, 1 - c), 1 + c);
        losses[i][t] = Math.max(-advantages[i][t] * ratio, -advantages[i][t] * clipped);
      }
    }
    return mean(losses);
  }

  double valueLoss(double[][] values, double[][] old, double[][] returns, double c) {
    double[][] losses = new double[values.length][values[0].length];
    for (int i = 0; i < values.length; i++) {
      for (int t = 0; t < values[i].length; t++) {
        double clipped = Math.min(Math.max(values[i][t], old[i][t] - c), old[i][t] + c);
        losses[i][t] =
            Math.max(
                Math.pow(values[i][t] - returns[i][t], 2), Math.pow(clipped - returns[i][t], 2));
      }
    }
    return 0.5 * mean(losses);
  }
}
