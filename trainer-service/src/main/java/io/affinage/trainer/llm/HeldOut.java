package io.affinage.trainer.llm;

import io.affinage.events.Warning;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LengthBias;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.evaluation.ObjectiveMeter;
import io.affinage.llm.evaluation.ScoreMeter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.training.Aim;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Rows that no training sees, measured by what the training minimises. */
final class HeldOut {
  /** Before the names of what an objective says of them. */
  static final String PREFIX = "held_out_";

  /** Of scores with the lengths of answers. */
  static final String LENGTH_CORRELATION = "reward_length_correlation";

  private static final int BATCH = 8;

  private final int rows;
  private final Supplier<Found> measurement;
  private Found last = new Found(Double.NaN, Map.of());

  private HeldOut(int rows, Supplier<Found> measurement) {
    this.rows = rows;
    this.measurement = measurement;
  }

  /**
   * What held-out rows give.
   *
   * @param loss as the training's
   * @param metrics what the objective says beside it, by name
   * @param warning what the model's owner should know of it
   */
  record Found(double loss, Map<String, Double> metrics, Optional<Warning> warning) {
    Found(double loss, Map<String, Double> metrics) {
      this(loss, metrics, Optional.empty());
    }
  }

  /** Mean -log p per target token, nats. */
  static HeldOut answers(Decoder decoder, BlockAdapter adapter, List<TokenizedExample> examples) {
    return new HeldOut(
        examples.size(), () -> new Found(loss(decoder, adapter, examples), Map.of()));
  }

  private static double loss(
      Decoder decoder, BlockAdapter adapter, List<TokenizedExample> examples) {
    double sum = 0;
    long targets = 0;
    for (LossMeter.Loss loss : new LossMeter(decoder, adapter).losses(examples, BATCH)) {
      sum += loss.sum();
      targets += loss.targets();
    }
    return sum / targets;
  }

  /** What an objective says; to be made while weights are those of the start. */
  static HeldOut groups(Decoder decoder, BlockAdapter adapter, Aim aim, List<Group> groups) {
    ObjectiveMeter meter =
        new ObjectiveMeter(decoder, aim.objective(), aim.reference(), groups, BATCH);
    return new HeldOut(
        groups.size(),
        () -> {
          Loss loss = meter.measure(adapter);
          return new Found(loss.value(), loss.metrics());
        });
  }

  /** What an objective says of pairs by their scores, and how far these follow length. */
  static HeldOut scores(
      Decoder decoder,
      BlockAdapter adapter,
      ScalarHead head,
      Objective objective,
      List<Group> groups) {
    ScoreMeter meter = new ScoreMeter(decoder, head, objective, groups, BATCH);
    double[][] lengths = new double[groups.size()][];
    for (int g = 0; g < lengths.length; g++) {
      lengths[g] =
          groups.get(g).members().stream().mapToDouble(TokenizedExample::targetCount).toArray();
    }
    return new HeldOut(
        groups.size(),
        () -> {
          ScoreMeter.Found found = meter.measure(adapter);
          double[][] scores = new double[lengths.length][];
          for (int g = 0; g < lengths.length; g++) {
            float[] pair = found.scores().get(g);
            scores[g] = new double[] {pair[0], pair[1]};
          }
          LengthBias bias = LengthBias.of(scores, lengths);
          Map<String, Double> metrics = new HashMap<>(found.loss().metrics());
          metrics.put(LENGTH_CORRELATION, bias.correlation());
          metrics.put("longer_is_better", bias.longerIsBetter());
          return new Found(
              found.loss().value(),
              metrics,
              bias.isMostlyLength()
                  ? Optional.of(
                      new Warning(
                          "reward_mostly_length",
                          "%.0f%% of the variance of held-out scores is that of the answers' lengths (correlation %.2f): the reward is mostly length. Of these pairs %.0f%% prefer the longer answer; give pairs in which length does not tell, or add a reward for length to undo it"
                              .formatted(
                                  100 * bias.correlation() * bias.correlation(),
                                  bias.correlation(),
                                  100 * bias.longerIsBetter())))
                  : Optional.empty());
        });
  }

  /** Rows that are measured. */
  int rows() {
    return rows;
  }

  /** What they give under the weights as they are. */
  Found measure() {
    last = measurement.get();
    return last;
  }

  /** What they gave when they were last measured; the loss is not a number before that. */
  Found last() {
    return last;
  }
}
