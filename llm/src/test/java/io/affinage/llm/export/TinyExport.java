package io.affinage.llm.export;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.util.List;
import java.util.Random;

/** A random model with rows of whole super-blocks, so that every type can be written. */
final class TinyExport implements AutoCloseable {
  static final Compute CPU = Compute.of("cpu", "float32");

  final LanguageModel model;
  final LoraAdapter adapter;

  TinyExport() {
    var definition =
        BpeTrainer.train(
            List.of("the cat sat on the mat and the dog sat on the log. ".repeat(20)),
            BpeTrainer.Settings.chatMl(300));
    // More rows than tokens, as many models have.
    int vocabulary = definition.json().path("model").path("vocab").size() + 9;
    model =
        LanguageModel.initialise(
            DecoderConfig.llama(
                new DecoderShape(vocabulary, 256, 512, 4, 4, 2, 64, 128, true), 1e-5, 10_000),
            definition,
            3,
            CPU);
    adapter = adapter(List.of("all-linear"));
  }

  LoraAdapter adapter(List<String> targets) {
    Random random = new Random(11);
    return LoraAdapter.of(
        model.decoder(),
        new LoraConfig(3, 6, 0, true, targets),
        (block, layer, matrix, shape) -> {
          float[] values = new float[(int) shape.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.02);
          }
          return values;
        });
  }

  @Override
  public void close() {
    adapter.close();
    model.close();
  }
}
