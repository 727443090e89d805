package io.affinage.llm.training;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.util.List;

/**
 * A tiny Llama whose rows are whole super-blocks of 256, so that every type of GGUF can hold it.
 */
final class SuperBlockModel {
  private SuperBlockModel() {}

  static LanguageModel initialise(int layers, int contextLength) {
    var definition =
        BpeTrainer.train(
            List.of("the cat sat on the mat and the dog sat on the log. ".repeat(20)),
            BpeTrainer.Settings.chatMl(300));
    int vocabulary = definition.json().path("model").path("vocab").size();
    return LanguageModel.initialise(
        DecoderConfig.llama(
            new DecoderShape(vocabulary, 256, 256, layers, 4, 2, 64, contextLength, true),
            1e-5,
            10_000),
        definition,
        3,
        Compute.of("cpu", "float32"));
  }
}
