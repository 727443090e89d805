package io.affinage.llm.evaluation;

import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.TargetLogProbabilities;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Token losses of examples under a model, shared beginnings computed once. */
public final class LossMeter {
  private final Decoder decoder;
  private final BlockAdapter adapter;
  private final TargetLogProbabilities logProbabilities;

  /**
   * @param adapter what is put beside the weights, see {@link Decoder#withoutAdapter()}
   */
  public LossMeter(Decoder decoder, BlockAdapter adapter) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.logProbabilities = new TargetLogProbabilities(decoder, adapter);
  }

  /**
   * The loss of one example.
   *
   * @param sum -log p summed over its target tokens, nats
   * @param targets number of target tokens
   */
  public record Loss(double sum, int targets) {
    /** Mean over target tokens. */
    public double mean() {
      return sum / targets;
    }
  }

  /**
   * Losses of examples, in their order.
   *
   * @param batchSize examples computed together
   * @throws LlmException {@code non_finite_loss}
   */
  public List<Loss> losses(List<TokenizedExample> examples, int batchSize) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingInt(i -> examples.get(i).length()));
    Loss[] losses = new Loss[examples.size()];
    for (int from = 0; from < order.size(); from += batchSize) {
      List<Integer> part = order.subList(from, Math.min(order.size(), from + batchSize));
      measure(examples, part, losses);
    }
    return List.of(losses);
  }

  private void measure(List<TokenizedExample> examples, List<Integer> part, Loss[] losses) {
    PrefixTreeRow row =
        PrefixTreeRow.of(
            part.stream().map(at -> examples.get(at).behind(adapter.virtualTokens())).toList(),
            true,
            decoder.config()::lengthClass);
    float[] logp = logProbabilities.of(row);
    for (int d = 0; d < part.size(); d++) {
      TokenizedExample example = examples.get(part.get(d));
      double sum = 0;
      for (int i = row.documentStarts()[d]; i < row.documentStarts()[d + 1]; i++) {
        sum -= logp[row.documentPairs()[i]];
      }
      if (!Double.isFinite(sum)) {
        throw new LlmException(
            "non_finite_loss", "the loss of example " + example.id() + " is not finite");
      }
      losses[part.get(d)] = new Loss(sum, example.targetCount());
    }
  }
}
