package io.affinage.trainer.llm;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.evaluation.ObjectiveMeter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.training.Aim;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Rows that no training sees, measured by what the training minimises. */
final class HeldOut {
  /** Before the names of what an objective says of them. */
  static final String PREFIX = "held_out_";

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
   */
  record Found(double loss, Map<String, Double> metrics) {}

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
