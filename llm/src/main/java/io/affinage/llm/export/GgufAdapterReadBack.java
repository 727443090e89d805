package io.affinage.llm.export;

import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.checkpoint.GgufFile;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads an adapter's GGUF file and holds it, bit for bit, to the matrices of the live adapter,
 * which alone decide the logits.
 */
record GgufAdapterReadBack(DecoderConfig config, List<LayerUpdate> updates) {

  /**
   * @throws LlmException {@code export_mismatch}
   */
  void require(Path file) {
    GgufFile gguf = GgufFile.open(file);
    GgufLayout layout = new GgufLayout(config);
    LowRank one = updates.get(0).update().product();
    double alpha = gguf.require("adapter.lora.alpha").asDouble();
    if ((float) alpha != (float) (one.scaling() * one.rank())) {
      throw mismatch("alpha is " + alpha);
    }
    for (LayerUpdate update : updates) {
      LowRank product = update.update().product();
      String weight = layout.name(update.weight());
      requireSame(gguf, weight + ".lora_a", RowOrder.AS_IS, product.a(), update.in());
      requireSame(gguf, weight + ".lora_b", layout.rowOrder(weight), product.b(), product.rank());
    }
  }

  private static void requireSame(
      GgufFile gguf, String tensor, RowOrder.Rows order, float[] expected, int columns) {
    float[] stored = gguf.readFloats(tensor);
    if (stored.length != expected.length) {
      throw mismatch("%s has %d numbers".formatted(tensor, stored.length));
    }
    for (int row = 0; row < expected.length / columns; row++) {
      int at = (int) order.storedRow(row) * columns;
      if (!Arrays.equals(stored, at, at + columns, expected, row * columns, (row + 1) * columns)) {
        throw mismatch("row %d of %s is another".formatted(row, tensor));
      }
    }
  }

  private static LlmException mismatch(String problem) {
    return new LlmException(
        "export_mismatch",
        "the written adapter was read back and is not what was written: %s; nothing was kept"
            .formatted(problem));
  }
}
