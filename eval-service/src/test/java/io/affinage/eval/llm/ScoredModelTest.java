package io.affinage.eval.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.eval.EvaluationException;
import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.model.RewardScorer;
import io.affinage.eval.model.RewardScorer.Answered;
import io.affinage.eval.model.RewardScorer.Score;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.export.RewardExport;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.text.BpeTrainer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registered reward models from the store: an adapter on its base, and a model of its own. */
@Tag("slow")
class ScoredModelTest {
  private static final List<Answered> ANSWERS =
      List.of(
          new Answered(new Prompt.Text("The colour of snow is"), "white"),
          new Answered(
              new Prompt.Chat(List.of(new Message("user", "The colour of snow is"))), "white"),
          new Answered(new Prompt.Text("The colour of snow is"), "black ".repeat(200)),
          new Answered(new Prompt.Text("The colour of coal is"), ""));

  @TempDir static Path folder;
  private static ArtifactRef base;
  private static ArtifactRef adapter;
  private static ArtifactRef whole;
  private static ModelCache cache;
  private static CachedModels models;

  @BeforeAll
  static void write() throws Exception {
    List<String> texts = TinyModels.questions().stream().map(q -> q[0] + q[1]).toList();
    DecoderConfig decoder =
        DecoderConfig.llama(new DecoderShape(320, 32, 64, 2, 4, 2, 8, 128, true), 1e-5, 10_000);
    Rendering rendering = new Rendering(Rendering.Form.CHAT, OptionalInt.of(3));
    Random random = new Random(4);
    try (LanguageModel model =
            LanguageModel.initialise(
                decoder,
                BpeTrainer.train(texts, BpeTrainer.Settings.chatMl(320)),
                7,
                TinyModels.COMPUTE);
        LoraAdapter lora =
            LoraAdapter.of(
                model.decoder(),
                new LoraConfig(2, 4, 0, false, List.of("all-linear")),
                (block, layer, matrix, shape) -> {
                  float[] values = new float[(int) shape.size()];
                  for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextGaussian() * 0.3);
                  }
                  return values;
                });
        ScalarHead head = ScalarHead.initialise(model.decoder(), rendering.padding(), 5)) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
          .huggingFace(folder.resolve("base"));
      RewardExport.adapter(
          model, new ScoredAdapter(lora, head), rendering, folder.resolve("adapter"), "tiny");
      RewardExport.whole(model, head, rendering, folder.resolve("whole"), ModelCard.named("tiny"));
    }
    ArtifactStore store = ArtifactStores.open(folder.resolve("store").toString());
    base = ref(store, "base");
    adapter = ref(store, "adapter");
    whole = ref(store, "whole");
    StoredModelFiles files = new StoredModelFiles(store);
    cache = new ModelCache(files, TinyModels.COMPUTE, WeightForm.PACKED, 2);
    models = new CachedModels(cache, files, new SimpleMeterRegistry().counter("tokens"));
  }

  @AfterAll
  static void close() {
    cache.close();
  }

  private static ArtifactRef ref(ArtifactStore store, String name) throws Exception {
    var put = store.putFolder(folder.resolve(name));
    return new ArtifactRef(put.digest(), ArtifactRef.Kind.FOLDER, put.size());
  }

  private static ModelRegistered registered(ArtifactRef model, ArtifactRef on, String task) {
    return Settings.build(ModelRegistered.class)
        .with("modelId", "tiny:rm:1")
        .with("jobId", "job")
        .with("attempt", 1)
        .with("workerId", "worker")
        .with("kind", on == null ? ModelRegistered.Kind.FULL : ModelRegistered.Kind.ADAPTER)
        .with("model", model)
        .with("baseModel", "tiny")
        .with("base", on)
        .with("dataset", base)
        .with("lineage", new Lineage(base.digest(), null, SpecResolver.empty(), 0, "test"))
        .with("trainedTokens", 1)
        .with("metrics", Map.of())
        .with("createdAt", 1)
        .with("task", task)
        .record();
  }

  /** Text is scored as a conversation where the model learned from conversations. */
  @Test
  void shouldScoreInTheModelsRenderingAndLeaveOutWhatIsTooLong() {
    for (ModelRegistered model :
        List.of(registered(adapter, base, "SEQ_CLS"), registered(whole, null, "SEQ_CLS"))) {
      try (RewardScorer scorer = models.openScorer(model)) {
        List<Optional<Score>> scores = scorer.scores(ANSWERS, n -> {});

        assertThat(scores.get(0).orElseThrow().value())
            .isCloseTo(scores.get(1).orElseThrow().value(), within(1e-6));
        assertThat(scores.get(2)).isEmpty();
        assertThat(scores.get(3).orElseThrow().value())
            .isNotCloseTo(scores.get(0).orElseThrow().value(), within(1e-6));
        assertThat(scores.get(0).orElseThrow().tokens())
            .isGreaterThan(scores.get(3).orElseThrow().tokens());
      }
    }
  }

  @Test
  void shouldRefuseAModelOfAnotherKindByName() {
    assertThatThrownBy(() -> models.openScorer(registered(base, null, "SEQ_CLS")))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> assertThat(e.code()).isEqualTo("model_is_no_reward_model"));
    assertThatThrownBy(() -> models.open(registered(adapter, base, null), Map.of()))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> assertThat(e.code()).isEqualTo("model_is_reward_model"));
  }
}
