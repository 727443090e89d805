package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufWriter;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEncoder;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.text.TokenizerDefinition;
import java.nio.file.Path;

/** A whole model in one GGUF file. */
final class GgufModelFile {
  private GgufModelFile() {}

  static void write(
      Path file,
      String name,
      DecoderConfig config,
      Weights weights,
      TokenizerDefinition tokenizer,
      GgufMix mix) {
    GgufLayout layout = new GgufLayout(config);
    GgufWriter writer = new GgufWriter();
    new GgufMetadata(writer, config, layout.family()).write(name, mix);
    GgufTokenizerMetadata.write(writer, tokenizer.toGguf(), config.shape().vocabularySize());
    for (Weights.Weight weight : weights.list()) {
      String ggmlName = layout.name(weight.name());
      StoredWeight stored = StoredWeight.of(weights, weight, layout.family().form(ggmlName));
      StorageType type =
          stored.shape().length < 2 || layout.isKept(ggmlName)
              ? StorageType.F32
              : mix.typeOf(
                  ggmlName,
                  (int) stored.shape()[1],
                  config.shape().layers(),
                  layout.isHead(ggmlName));
      RowOrder.Rows order = layout.rowOrder(ggmlName);
      writer.tensor(
          ggmlName,
          type,
          stored.shape(),
          new TensorEncoder(weight.name(), type, stored.shape(), order, stored.rows()));
    }
    writer.write(file);
  }
}
