package io.affinage.trainer.llm;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.evaluation.ObjectiveMeter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.objective.Loss;
import java.util.List;
import java.util.Map;

/** Rows that no training sees, measured by what the training minimises. */
interface HeldOut {
  int BATCH = 8;

  /** Rows that are measured. */
  int rows();

  /** What they give under the weights as they are. */
  Found measure();

  /**
   * What held-out rows give.
   *
   * @param loss as the training's
   * @param metrics what the objective says beside it, by name
   */
  record Found(double loss, Map<String, Double> metrics) {}

  /** Mean -log p per target token, nats. */
  static HeldOut answers(Decoder decoder, BlockAdapter adapter, List<TokenizedExample> examples) {
    return new HeldOut() {
      @Override
      public int rows() {
        return examples.size();
      }

      @Override
      public Found measure() {
        double sum = 0;
        long targets = 0;
        for (LossMeter.Loss loss : new LossMeter(decoder, adapter).losses(examples, BATCH)) {
          sum += loss.sum();
          targets += loss.targets();
        }
        return new Found(sum / targets, Map.of());
      }
    };
  }

  /**
   * What an objective says.
   *
   * @param rows number of groups
   */
  static HeldOut groups(ObjectiveMeter meter, BlockAdapter adapter, int rows) {
    return new HeldOut() {
      @Override
      public int rows() {
        return rows;
      }

      @Override
      public Found measure() {
        Loss loss = meter.measure(adapter);
        return new Found(loss.value(), loss.metrics());
      }
    };
  }
}
