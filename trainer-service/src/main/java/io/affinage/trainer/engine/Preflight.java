package io.affinage.trainer.engine;

import io.affinage.events.Warning;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a job will take, found out before its first step.
 *
 * @param dtype what the model computes in on this machine
 * @param recomputesActivations whether activations are computed twice to save memory
 * @param counts of rows, tokens and steps by name, as in the metrics of a finished job
 * @param memory bytes
 * @param seconds on this machine as busy as it is now
 * @param notes what of the base model's files is left out, in sentences
 * @param warnings what its owner should know before it runs
 */
public record Preflight(
    String dtype,
    boolean recomputesActivations,
    Map<String, Double> counts,
    Memory memory,
    Seconds seconds,
    List<String> notes,
    List<Warning> warnings) {
  public Preflight {
    // Sorted, so that two answers can be laid beside each other.
    counts = Collections.unmodifiableMap(new TreeMap<>(counts));
    notes = List.copyOf(notes);
    warnings = List.copyOf(warnings);
  }

  /**
   * Bytes by what they are for.
   *
   * @param weights the model, its adapter, and float32 copies of 16-bit weights that are trained
   * @param average moving average of the weights
   * @param trainedParameters numbers that are trained
   * @param peak of the whole process; null where it cannot be measured
   * @param machine what the process may have
   */
  public record Memory(
      long weights,
      long gradients,
      long optimizerState,
      long average,
      long trainedParameters,
      Long peak,
      long machine) {}

  /**
   * How long it will take.
   *
   * @param training null where it was not measured
   * @param evaluation null without evaluation during training
   * @param reference log-probabilities of the starting model before the first step; null where they
   *     are computed along with the steps, or not needed
   */
  public record Seconds(Double training, Double evaluation, Double reference) {}

  /** The numbers by name, as progress events carry them. */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new TreeMap<>(counts);
    metrics.put("trained_parameters", (double) memory.trainedParameters);
    if (memory.peak != null) {
      metrics.put("preflight_peak_bytes", memory.peak.doubleValue());
    }
    if (seconds.training != null) {
      double evaluation = seconds.evaluation == null ? 0 : seconds.evaluation;
      double reference = seconds.reference == null ? 0 : seconds.reference;
      metrics.put("preflight_seconds", seconds.training + evaluation + reference);
    }
    return metrics;
  }
}
