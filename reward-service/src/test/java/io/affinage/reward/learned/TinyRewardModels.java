package io.affinage.reward.learned;

import io.affinage.events.ArtifactRef;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

/** Reward models of two small layers, with random weights. */
public final class TinyRewardModels {
  private static final int PAD = 3;
  private static final int HIDDEN = 32;

  private TinyRewardModels() {}

  /** A base model's folder. */
  public static Path base(Path folder, long seed) {
    return base(folder, seed, "the cat sat on the mat and the dog sat on the log. ");
  }

  /** A base model's folder, whose tokenizer knows the words of a text. */
  static Path base(Path folder, long seed, String text) {
    TokenizerDefinition definition =
        BpeTrainer.train(List.of(text.repeat(20)), BpeTrainer.Settings.chatMl(300));
    int vocabulary = definition.json().path("model").path("vocab").size();
    try (LanguageModel base =
        LanguageModel.initialise(
            DecoderConfig.llama(
                new DecoderShape(vocabulary, HIDDEN, 64, 2, 4, 2, 8, 128, true), 1e-5, 10_000),
            definition,
            seed,
            Compute.of("cpu", "float32"))) {
      ModelExport.of(base, Optional.empty(), ModelCard.named("tiny")).huggingFace(folder);
    }
    return folder;
  }

  /**
   * A reward model's folder, for a base.
   *
   * @param head factor of the head's weights
   */
  public static Path adapter(Path base, Path folder, long seed, float head) {
    Random random = new Random(seed);
    try (LanguageModel model = LanguageModel.open(base, Compute.of("cpu", "float32"));
        ScoredAdapter scored =
            new ScoredAdapter(
                LoraAdapter.of(
                    model.decoder(),
                    new LoraConfig(2, 4, 0, false, List.of("all-linear")),
                    (block, layer, matrix, shape) -> random(random, shape.size(), 0.3f)),
                ScalarHead.of(
                    model.decoder(), random(random, HIDDEN, head), OptionalInt.of(PAD)))) {
      scored.save(folder, "base");
      new Rendering(Rendering.Form.CHAT, OptionalInt.of(PAD)).write(folder);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] random(Random random, long size, float factor) {
    float[] values = new float[(int) size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * factor;
    }
    return values;
  }

  /** What a trainer says of an adapter. */
  public static ModelRegistered registered(String id, ArtifactRef base, ArtifactRef adapter) {
    return registered(id, base, adapter, Settings.absent(TrainingSpec.class));
  }

  /** What a trainer says of an adapter that it trained so. */
  static ModelRegistered registered(
      String id, ArtifactRef base, ArtifactRef adapter, TrainingSpec spec) {
    return Settings.build(ModelRegistered.class)
        .with("modelId", id)
        .with("jobId", "job-" + id.hashCode())
        .with("attempt", 1)
        .with("workerId", "worker")
        .with("kind", ModelRegistered.Kind.ADAPTER)
        .with("model", adapter)
        .with("baseModel", "artifact:" + base.digest())
        .with("base", base)
        .with("dataset", adapter)
        .with("lineage", new Lineage(adapter.digest(), base.digest(), spec, 7, "test"))
        .with("trainedTokens", 1)
        .with("metrics", Map.of())
        .with("createdAt", 1)
        .record();
  }
}
