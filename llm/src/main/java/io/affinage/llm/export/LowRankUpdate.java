package io.affinage.llm.export;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraAdapter.Matrix;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.LinearLayer;
import java.util.ArrayList;
import java.util.List;

/**
 * What an adapter adds to one weight: scaling * B A. A copy on the heap, which the adapter may not
 * outlive.
 *
 * @param weight Hugging Face's name of the weight
 * @param rank r
 * @param in columns of A
 * @param out rows of B
 * @param a [r, in]
 * @param b [out, r]
 * @param transposed whether the file stores the weight as [in, out]
 */
record LowRankUpdate(
    String weight,
    int rank,
    int in,
    int out,
    double scaling,
    float[] a,
    float[] b,
    boolean transposed) {

  /** One for each adapted layer of each block. */
  static List<LowRankUpdate> of(Decoder decoder, LoraAdapter adapter) {
    List<LowRankUpdate> updates = new ArrayList<>();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      for (LinearLayer layer : adapter.targets()) {
        updates.add(
            new LowRankUpdate(
                decoder.blocks().get(block).weightName(layer),
                adapter.config().rank(),
                layer.in(),
                layer.out(),
                adapter.config().scaling(),
                adapter.matrix(block, layer, Matrix.A).toFloatArray(),
                adapter.matrix(block, layer, Matrix.B).toFloatArray(),
                layer.transposed()));
      }
    }
    return updates;
  }
}
