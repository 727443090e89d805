package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderInitializer;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A random decoder that trains in no time, and examples for it. */
final class TinyModel implements AutoCloseable {
  static final DecoderConfig CONFIG =
      DecoderConfig.llama(new DecoderShape(37, 16, 24, 2, 4, 2, 4, 64, true), 1e-5, 10_000);

  final NDManager root = NDManager.newBaseManager("PyTorch");
  final Decoder decoder;

  TinyModel(DecoderConfig config) {
    decoder = DecoderInitializer.create(root, config, 7);
  }

  TinyModel() {
    this(CONFIG);
  }

  /** The same weights, rounded to another precision. */
  TinyModel(Precision precision) {
    this(CONFIG, precision);
  }

  /** The weights of this configuration, rounded to another precision. */
  TinyModel(DecoderConfig config, Precision precision) {
    try (TinyModel exact = new TinyModel(config)) {
      Map<String, float[]> weights = new HashMap<>();
      exact.decoder.forEachWeight((name, array) -> weights.put(name, array.toFloatArray()));
      decoder =
          Decoder.create(
              root,
              config,
              precision,
              (manager, kernels) ->
                  (name, shape, transposed) -> {
                    try (NDManager scope = manager.newSubManager()) {
                      NDArray values = scope.create(weights.get(name), shape);
                      return kernels
                          .differentiable(manager, "to_precision", values)
                          .singletonOrThrow();
                    }
                  });
    }
  }

  /** Mean loss of examples under the weights as they are. */
  double loss(BlockAdapter adapter, List<TokenizedExample> examples) {
    double sum = 0;
    int targets = 0;
    for (LossMeter.Loss loss : new LossMeter(decoder, adapter).losses(examples, 4)) {
      sum += loss.sum();
      targets += loss.targets();
    }
    return sum / targets;
  }

  /** Values of all that is trained. */
  static List<float[]> values(Trainables trainables) {
    return trainables.parameters().stream().map(trainables::numbers).toList();
  }

  /** Gradients of all that is trained, float32. */
  static List<float[]> gradients(Trainables trainables) {
    return trainables.gradients().stream().map(NDArray::toFloatArray).toList();
  }

  /** An adapter with both matrices random, so that all gradients are. */
  static LoraAdapter randomAdapter(Decoder decoder, LoraConfig config, double deviation) {
    Random random = new Random(11);
    return LoraAdapter.of(
        decoder,
        config,
        (block, layer, matrix, shape) -> {
          float[] values = new float[(int) shape.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
          }
          return values;
        });
  }

  /** Examples that share beginnings of different length. */
  static List<TokenizedExample> examples(int count, long seed) {
    Random random = new Random(seed);
    int[] system = random.ints(5, 1, CONFIG.shape().vocabularySize()).toArray();
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 7 + random.nextInt(6);
      int[] ids = random.ints(length, 1, CONFIG.shape().vocabularySize()).toArray();
      System.arraycopy(system, 0, ids, 0, i % 4 == 3 ? 2 : 5);
      examples.add(TokenizedExample.targetsFrom("e" + i, ids, 4 + i % 3));
    }
    return examples;
  }

  @Override
  public void close() {
    decoder.close();
    root.close();
  }
}
