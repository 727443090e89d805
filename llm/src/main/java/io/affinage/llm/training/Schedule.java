package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How the learning rate moves over a run: a linear warm-up, then a shape; as in transformers.
 *
 * @param warmupRatio share of the steps during which the factor rises from 0
 * @param decayRatio share of the steps during which {@link Shape#WSD} falls; the others ignore it
 * @param floor share of the peak rate below which it does not fall
 */
public record Schedule(Shape shape, double warmupRatio, double decayRatio, double floor) {
  public static final Schedule DEFAULT = new Schedule(Shape.COSINE, 0.03, 0.1, 0);

  public Schedule {
    require(warmupRatio >= 0 && warmupRatio < 1, "warmupRatio", "in [0, 1)", warmupRatio);
    require(decayRatio >= 0 && decayRatio <= 1, "decayRatio", "in [0, 1]", decayRatio);
    require(
        shape != Shape.WSD || warmupRatio + decayRatio <= 1,
        "decayRatio",
        "at most 1 together with warmupRatio",
        decayRatio);
    require(floor >= 0 && floor < 1, "minLearningRateRatio", "in [0, 1)", floor);
    require(
        floor == 0 || shape != Shape.CONSTANT,
        "minLearningRateRatio",
        "0 for the schedule 'constant'",
        floor);
  }

  /** What follows the warm-up. */
  public enum Shape {
    CONSTANT,
    LINEAR,
    COSINE,
    /** Warm-up, stable, decay (Hu et al. 2024): constant, then falling along a cosine. */
    WSD;

    /** The name users write, for example {@code cosine}. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Names of all shapes. */
    public static List<String> ids() {
      return Arrays.stream(values()).map(Shape::id).toList();
    }

    /**
     * The shape of this name.
     *
     * @throws LlmException {@code invalid_schedule}
     */
    public static Shape of(String id) {
      return Arrays.stream(values())
          .filter(shape -> shape.id().equals(id))
          .findFirst()
          .orElseThrow(
              () ->
                  new LlmException(
                      "invalid_schedule",
                      "schedule '"
                          + id
                          + "' does not exist; there are "
                          + String.join(", ", ids())));
    }
  }

  /**
   * The factor on the peak learning rate.
   *
   * @param step the step about to be made, counted from 0
   * @param totalSteps steps of the run
   */
  public double factor(int step, int totalSteps) {
    int warmup = warmupSteps(totalSteps);
    if (step < warmup) {
      double rising = (double) step / warmup;
      return shape == Shape.WSD ? lifted(rising) : rising;
    }
    if (shape == Shape.CONSTANT) {
      return 1;
    }
    int decay = shape == Shape.WSD ? decaySteps(totalSteps) : totalSteps - warmup;
    int past = step - (totalSteps - decay);
    if (past < 0) {
      return 1;
    }
    double progress = Math.min(1, (double) past / Math.max(1, decay));
    return lifted(shape == Shape.LINEAR ? 1 - progress : 0.5 * (1 + Math.cos(Math.PI * progress)));
  }

  private double lifted(double factor) {
    return floor + (1 - floor) * factor;
  }

  /** Steps of warm-up, rounded up as transformers does. */
  public int warmupSteps(int totalSteps) {
    return (int) Math.ceil(warmupRatio * totalSteps);
  }

  private int decaySteps(int totalSteps) {
    return Math.min(totalSteps - warmupSteps(totalSteps), (int) Math.ceil(decayRatio * totalSteps));
  }
}
