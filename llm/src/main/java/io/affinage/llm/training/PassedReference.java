package io.affinage.llm.training;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderHandles;
import io.affinage.llm.model.Reading;
import io.affinage.llm.model.TargetLogProbabilities;
import java.util.List;

/**
 * A reference whose log-probabilities are computed along with each part: the same row through the
 * same weights, with the adapter that the stage started from. What rounding adds is then the same
 * on both sides, and before the first update nothing is left of the difference.
 */
final class PassedReference implements Reference, AutoCloseable {
  private final Decoder decoder;
  private final int trainedVirtual;
  private final int virtual;
  private final boolean share;
  private final NDManager manager;
  private final List<TargetLogProbabilities> byThread;

  /**
   * @param adapter that of the stage's start, which nothing trains
   * @param trainedVirtual virtual tokens that parts are laid out behind
   * @param share whether sequences share the nodes of equal beginnings
   * @param temperature of the distributions that are compared
   */
  PassedReference(
      Decoder decoder,
      BlockAdapter adapter,
      int trainedVirtual,
      boolean share,
      double temperature) {
    this.decoder = decoder;
    this.trainedVirtual = trainedVirtual;
    this.virtual = adapter.virtualTokens();
    this.share = share;
    this.manager = decoder.manager().newSubManager();
    Reading reading = new Reading(temperature, false);
    DecoderHandles handles = DecoderHandles.of(decoder, adapter);
    this.byThread =
        List.of(
            new TargetLogProbabilities(decoder, adapter, handles, reading),
            new TargetLogProbabilities(decoder, adapter, handles.aliases(manager), reading));
  }

  @Override
  public List<float[]> of(GroupRow part, int thread) {
    TargetLogProbabilities own = byThread.get(thread);
    PrefixTreeRow row =
        virtual == trainedVirtual
            ? part.row()
            : GroupRow.of(part.groups(), decoder, share, virtual).row();
    return row.byDocument(own.of(row));
  }

  @Override
  public void close() {
    manager.close();
  }
}
