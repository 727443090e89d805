package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * How a run trains, whatever it trains.
 *
 * @param epochs passes over the examples; used where {@code maxSteps} is 0
 * @param maxSteps optimizer steps; 0 takes {@code epochs}
 * @param recomputeActivations compute activations twice instead of keeping them: less memory
 * @param seed decides order, dropout and noise
 */
public record TrainingSettings(
    double epochs,
    int maxSteps,
    Batching batching,
    Optimization optimization,
    Schedule schedule,
    Regularisation regularisation,
    HeldOutEvaluation evaluation,
    Checkpointing checkpointing,
    boolean recomputeActivations,
    long seed) {

  /** One epoch of plain training; the {@code with} methods change a group each. */
  public static final TrainingSettings DEFAULT =
      new TrainingSettings(
          1,
          0,
          Batching.DEFAULT,
          Optimization.DEFAULT,
          Schedule.DEFAULT,
          Regularisation.NONE,
          HeldOutEvaluation.NONE,
          Checkpointing.NONE,
          false,
          0);

  public TrainingSettings {
    require(maxSteps > 0 || (maxSteps == 0 && epochs > 0), "epochs", "above 0", epochs);
  }

  /** Optimizer steps of the run over this many rows. */
  public int totalSteps(int rows) {
    return maxSteps > 0 ? maxSteps : totalSteps(epochs, rows);
  }

  /** Steps of so many passes over rows. */
  int totalSteps(double epochs, int rows) {
    int perEpoch = (rows + batching.batchSize() - 1) / batching.batchSize();
    return Math.max(1, (int) Math.ceil(epochs * perEpoch - 1e-9));
  }

  /** Whether micro-batches share what their examples have in common. */
  public boolean sharesPrefixes() {
    return batching.sharePrefixes() && regularisation.neftuneAlpha() == 0;
  }

  /** The learning rate of a step, counted from 0. */
  public double learningRate(int step, int totalSteps) {
    return optimization.learningRate() * schedule.factor(step, totalSteps);
  }

  /** The same over another number of epochs. */
  public TrainingSettings withEpochs(double count) {
    return copy(count, 0, batching, optimization, schedule, regularisation, evaluation);
  }

  /** The same for a number of optimizer steps. */
  public TrainingSettings withMaxSteps(int count) {
    return copy(epochs, count, batching, optimization, schedule, regularisation, evaluation);
  }

  public TrainingSettings with(Batching other) {
    return copy(epochs, maxSteps, other, optimization, schedule, regularisation, evaluation);
  }

  public TrainingSettings with(Optimization other) {
    return copy(epochs, maxSteps, batching, other, schedule, regularisation, evaluation);
  }

  public TrainingSettings with(Schedule other) {
    return copy(epochs, maxSteps, batching, optimization, other, regularisation, evaluation);
  }

  public TrainingSettings with(Regularisation other) {
    return copy(epochs, maxSteps, batching, optimization, schedule, other, evaluation);
  }

  public TrainingSettings with(HeldOutEvaluation other) {
    return copy(epochs, maxSteps, batching, optimization, schedule, regularisation, other);
  }

  public TrainingSettings with(Checkpointing other) {
    return new TrainingSettings(
        epochs,
        maxSteps,
        batching,
        optimization,
        schedule,
        regularisation,
        evaluation,
        other,
        recomputeActivations,
        seed);
  }

  public TrainingSettings withRecomputedActivations(boolean recompute) {
    return new TrainingSettings(
        epochs,
        maxSteps,
        batching,
        optimization,
        schedule,
        regularisation,
        evaluation,
        checkpointing,
        recompute,
        seed);
  }

  public TrainingSettings withSeed(long other) {
    return new TrainingSettings(
        epochs,
        maxSteps,
        batching,
        optimization,
        schedule,
        regularisation,
        evaluation,
        checkpointing,
        recomputeActivations,
        other);
  }

  private TrainingSettings copy(
      double newEpochs,
      int newMaxSteps,
      Batching newBatching,
      Optimization newOptimization,
      Schedule newSchedule,
      Regularisation newRegularisation,
      HeldOutEvaluation newEvaluation) {
    return new TrainingSettings(
        newEpochs,
        newMaxSteps,
        newBatching,
        newOptimization,
        newSchedule,
        newRegularisation,
        newEvaluation,
        checkpointing,
        recomputeActivations,
        seed);
  }
}
