package io.affinage.llm.model;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A random model whose layers are whole blocks of 32, as GGUF. */
final class BlockModel {
  private BlockModel() {}

  /**
   * @param type a block type; what linear layers are stored in
   * @return the file
   */
  static Path write(Path folder, StorageType type) {
    var definition =
        BpeTrainer.train(List.of("the cat sat on the mat"), BpeTrainer.Settings.chatMl(264));
    int vocabulary = definition.json().path("model").path("vocab").size() + 8;
    DecoderShape shape = new DecoderShape(vocabulary, 64, 64, 1, 2, 2, 32, 64, true);
    try (LanguageModel model =
        LanguageModel.initialise(
            DecoderConfig.llama(shape, 1e-5, 10_000),
            definition,
            3,
            Compute.of("cpu", "float32"))) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("blocks"))
          .gguf(folder, GgufMix.of(type.name().toLowerCase(java.util.Locale.ROOT)));
    }
    return folder.resolve("model-" + type.name().toLowerCase(java.util.Locale.ROOT) + ".gguf");
  }
}
