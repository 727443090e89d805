package io.affinage.llm.training;

import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the learning rate moves over a run, after a linear warm-up; as in transformers. */
public enum Schedule {
  CONSTANT {
    @Override
    double decay(double progress) {
      return 1;
    }
  },
  LINEAR {
    @Override
    double decay(double progress) {
      return 1 - progress;
    }
  },
  COSINE {
    @Override
    double decay(double progress) {
      return 0.5 * (1 + Math.cos(Math.PI * progress));
    }
  };

  /** The factor after warm-up; progress in [0, 1). */
  abstract double decay(double progress);

  /**
   * The factor on the peak learning rate.
   *
   * @param step the step about to be made, counted from 0
   * @param totalSteps steps of the run
   * @param warmupSteps steps during which the factor rises from 0
   */
  public double factor(int step, int totalSteps, int warmupSteps) {
    if (step < warmupSteps) {
      return (double) step / Math.max(1, warmupSteps);
    }
    return Math.max(
        0, decay((double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)));
  }

  /** The name users write, for example {@code cosine}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The schedule of this name.
   *
   * @throws LlmException {@code invalid_schedule}
   */
  public static Schedule of(String id) {
    return Arrays.stream(values())
        .filter(schedule -> schedule.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new LlmException(
                    "invalid_schedule",
                    "schedule '"
                        + id
                        + "' does not exist; there are "
                        + Arrays.stream(values())
                            .map(Schedule::id)
                            .collect(Collectors.joining(", "))));
  }
}
