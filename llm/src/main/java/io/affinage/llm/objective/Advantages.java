package io.affinage.llm.objective;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * How much better answers are than others to the same prompt. A reward that is not a number marks
 * an answer that could not be scored: it counts nowhere, and its advantage is 0. Standard
 * deviations are of samples (n - 1), as TRL's.
 */
public final class Advantages {
  /** Added to a standard deviation before it divides. */
  private static final double LEAST_DEVIATION = 1e-4;

  private Advantages() {}

  /** Whose standard deviation advantages are divided by. */
  public enum Scale {
    /** That of the prompt's answers (Shao et al. 2024). */
    GROUP,
    /** That of all answers (Hu et al. 2025). */
    BATCH,
    /** None: no prompt counts more because its answers are alike (Liu et al. 2025). */
    NONE
  }

  /**
   * Reward less the group's mean, divided as the scale says.
   *
   * @param rewards by prompt, by answer
   * @return in the same order
   */
  public static List<double[]> ofGroups(List<double[]> rewards, Scale scale) {
    double ofAll = deviation(rewards.stream().flatMapToDouble(Arrays::stream).toArray());
    return rewards.stream()
        .map(
            group -> {
              double mean = mean(group);
              double divisor =
                  switch (scale) {
                    case GROUP -> deviation(group) + LEAST_DEVIATION;
                    case BATCH -> ofAll + LEAST_DEVIATION;
                    case NONE -> 1;
                  };
              return Arrays.stream(group)
                  .map(reward -> orZero((reward - mean) / divisor))
                  .toArray();
            })
        .toList();
  }

  /**
   * Reward less the mean of the group's other answers (Kool et al. 2019).
   *
   * @param normalised whether the advantages of all are then brought to mean 0 and deviation 1
   */
  public static List<double[]> leaveOneOut(List<double[]> rewards, boolean normalised) {
    List<double[]> advantages = rewards.stream().map(Advantages::leaveOneOut).toList();
    if (normalised) {
      double[] all = advantages.stream().flatMapToDouble(Arrays::stream).toArray();
      double mean = mean(all);
      double deviation = deviation(all) + LEAST_DEVIATION;
      advantages =
          advantages.stream()
              .map(group -> Arrays.stream(group).map(a -> (a - mean) / deviation).toArray())
              .toList();
    }
    return advantages.stream()
        .map(group -> Arrays.stream(group).map(Advantages::orZero).toArray())
        .toList();
  }

  private static double[] leaveOneOut(double[] group) {
    double sum = scored(group).sum();
    long count = scored(group).count();
    return Arrays.stream(group).map(r -> r - (sum - r) / (count - 1)).toArray();
  }

  private static DoubleStream scored(double[] values) {
    return Arrays.stream(values).filter(value -> !Double.isNaN(value));
  }

  private static double mean(double[] values) {
    return scored(values).average().orElse(Double.NaN);
  }

  private static double deviation(double[] values) {
    double mean = mean(values);
    long count = scored(values).count();
    return count < 2
        ? 0
        : Math.sqrt(scored(values).map(v -> (v - mean) * (v - mean)).sum() / (count - 1));
  }

  private static double orZero(double value) {
    return Double.isFinite(value) ? value : 0;
  }
}
