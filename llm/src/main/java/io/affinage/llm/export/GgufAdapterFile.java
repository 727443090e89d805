package io.affinage.llm.export;

import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.checkpoint.GgufWriter;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.model.config.DecoderConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A LoRA adapter as llama.cpp loads it: beside each adapted weight {@code .lora_a} [r, in] and
 * {@code .lora_b} [out, r], in float32. llama.cpp scales by alpha / r, so alpha is written as
 * scaling * r whatever the adapter's own rule.
 */
final class GgufAdapterFile {
  private GgufAdapterFile() {}

  static void write(Path file, String name, DecoderConfig config, List<LayerUpdate> updates) {
    GgufLayout layout = new GgufLayout(config);
    GgufWriter writer = new GgufWriter();
    writer.text("general.architecture", layout.family().architecture());
    writer.text("general.type", "adapter");
    writer.text("general.name", name);
    writer.unsigned("general.file_type", GgufMix.F32.fileType());
    writer.text("adapter.type", "lora");
    LowRank one = updates.get(0).update().product();
    writer.float32("adapter.lora.alpha", one.scaling() * one.rank());
    for (LayerUpdate update : updates) {
      LowRank product = update.update().product();
      String weight = layout.name(update.weight());
      add(writer, weight + ".lora_a", product.a(), product.rank(), update.in(), RowOrder.AS_IS);
      add(
          writer,
          weight + ".lora_b",
          product.b(),
          update.out(),
          product.rank(),
          layout.rowOrder(weight));
    }
    writer.write(file);
  }

  private static void add(
      GgufWriter writer, String name, float[] values, int rows, int columns, RowOrder.Rows order) {
    long[] shape = {rows, columns};
    writer.tensor(
        name,
        StorageType.F32,
        shape,
        new TensorEncoder(
            name,
            StorageType.F32,
            shape,
            order,
            (first, count, destination) ->
                System.arraycopy(values, (int) first * columns, destination, 0, count * columns)));
  }
}
