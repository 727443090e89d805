package io.affinage.llm.export;

import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.WeightUpdate;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.LinearLayer;
import java.util.ArrayList;
import java.util.List;

/**
 * What an adapter makes of one layer's weight and bias. A copy on the heap, which the adapter need
 * not outlive.
 *
 * @param weight Hugging Face's name of the weight
 * @param bias Hugging Face's name of the bias, which the layer may lack
 * @param in columns of the weight [out, in]
 * @param out rows of the weight
 * @param transposed whether the file stores the weight as [in, out]
 */
record LayerUpdate(
    String weight, String bias, int in, int out, boolean transposed, WeightUpdate update) {

  /**
   * One for each layer of each block that the adapter changes.
   *
   * @throws LlmException {@code export_unsupported} where the adapter cannot be merged
   */
  static List<LayerUpdate> of(Decoder decoder, Adapter adapter) {
    adapter
        .beyondWeights()
        .ifPresent(
            what -> {
              throw new LlmException(
                  "export_unsupported",
                  "an adapter of type %s cannot be merged into weights, as it %s: export it as peft"
                      .formatted(adapter.type(), what));
            });
    List<LayerUpdate> updates = new ArrayList<>();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      String prefix = decoder.config().names().block(block);
      for (LinearLayer layer : decoder.config().linears()) {
        adapter
            .weightUpdate(block, layer)
            .ifPresent(
                update ->
                    updates.add(
                        new LayerUpdate(
                            prefix + layer.path() + ".weight",
                            prefix + layer.path() + ".bias",
                            layer.in(),
                            layer.out(),
                            layer.transposed(),
                            update)));
      }
    }
    return updates;
  }
}
