package io.affinage.llm.training;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a run will take, found out before its first step: counted exactly, measured on some
 * micro-batches, or computed from shapes.
 *
 * @param settings as they will be used
 * @param counts of examples, tokens and steps
 * @param memory by what it is for
 * @param time empty parts where measuring was left out
 */
public record PreflightReport(TrainingSettings settings, Counts counts, Memory memory, Time time) {

  /**
   * What the run reads.
   *
   * @param rows what a batch counts
   * @param examples in these rows
   * @param tokensPerEpoch tokens of all rows
   * @param targetTokensPerEpoch tokens among them on which loss is taken
   * @param steps optimizer steps of the whole run
   * @param tokens of the whole run
   * @param computedTokens tokens of the whole run that are computed: shared beginnings once
   */
  public record Counts(
      int rows,
      int examples,
      long tokensPerEpoch,
      long targetTokensPerEpoch,
      int steps,
      long tokens,
      long computedTokens) {}

  /**
   * Bytes.
   *
   * @param weights the model, and its adapter
   * @param masterWeights what 16-bit weights that are trained lack to float32, or copies in float32
   * @param gradients accumulators of what is trained
   * @param optimizerState beside what is trained; in a file when it is paged
   * @param average moving average of the weights
   * @param trainedElements numbers that are trained
   * @param peak of the whole process during training, from the largest micro-batch; empty on
   *     devices whose memory the process does not see
   */
  public record Memory(
      long weights,
      long masterWeights,
      long gradients,
      long optimizerState,
      long average,
      long trainedElements,
      OptionalLong peak) {
    Memory withPeak(OptionalLong measured) {
      return new Memory(
          weights, masterWeights, gradients, optimizerState, average, trainedElements, measured);
    }

    /** What shapes alone ask for. */
    public long fixed() {
      return weights + masterWeights + gradients + optimizerState + average;
    }
  }

  /**
   * Seconds on this machine as busy as it is now.
   *
   * @param training steps of the whole run
   * @param evaluation held-out evaluations of the whole run
   * @param reference log-probabilities of the starting model before the first step
   */
  public record Time(OptionalDouble training, OptionalDouble evaluation, OptionalDouble reference) {
    /** All together; empty when training was not measured. */
    public OptionalDouble total() {
      return training.isPresent()
          ? OptionalDouble.of(training.getAsDouble() + evaluation.orElse(0) + reference.orElse(0))
          : OptionalDouble.empty();
    }
  }
}
