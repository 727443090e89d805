package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small model through files and back, and through its cache. */
class LanguageModelTest {
  private static final Compute CPU = Compute.of("cpu", "float32");
  private static final String TEXT =
      "the cat sat on the mat and the dog sat on the log. ".repeat(20);

  @TempDir private Path folder;
  private LanguageModel model;
  private LoraAdapter adapter;

  @BeforeEach
  void makeModel() {
    var definition = BpeTrainer.train(List.of(TEXT), BpeTrainer.Settings.chatMl(300));
    int vocabulary = definition.json().path("model").path("vocab").size() + 8;
    model =
        LanguageModel.initialise(
            DecoderConfig.llama(
                new DecoderShape(vocabulary, 16, 24, 2, 4, 2, 4, 128, true), 1e-5, 10_000),
            definition,
            3,
            CPU);
    adapter = adapter(model);
  }

  private static LoraAdapter adapter(LanguageModel model) {
    Random random = new Random(11);
    return LoraAdapter.of(
        model.decoder(),
        new LoraConfig(3, 6, 0, true, List.of("q_proj", "down_proj")),
        (block, layer, matrix, shape) -> {
          float[] values = new float[(int) shape.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.5);
          }
          return values;
        });
  }

  @AfterEach
  void release() {
    adapter.close();
    model.close();
  }

  @Test
  void shouldGiveTheSameLossAfterSavingAdapterAndMergedModel() {
    double tuned = loss(model, adapter);
    assertThat(tuned).isNotCloseTo(loss(model, model.decoder().withoutAdapter()), within(1e-3));
    PeftFolder.save(adapter, folder.resolve("adapter"), "base");
    ModelCard card = ModelCard.named("tiny");
    ModelExport.of(model, Optional.empty(), card).huggingFace(folder.resolve("base"));
    ModelExport.of(model, Optional.of(adapter), card).huggingFace(folder.resolve("merged"));
    try (LanguageModel base = LanguageModel.open(folder.resolve("base"), CPU);
        Adapter loaded = base.loadAdapter(folder.resolve("adapter"));
        LanguageModel merged = LanguageModel.open(folder.resolve("merged"), CPU)) {
      assertThat(loss(base, loaded)).isEqualTo(tuned);
      assertThat(loss(merged, merged.decoder().withoutAdapter())).isCloseTo(tuned, within(1e-5));
      assertThat(base.tokenizer().encode(TEXT)).isEqualTo(model.tokenizer().encode(TEXT));
      assertThat(base.chatTemplate()).isPresent();
    }
  }

  @Test
  void shouldGenerateTheSameFromTheCacheAsWithoutIt() {
    List<int[]> prompts = List.of(new int[] {5, 9, 3, 7, 8, 2}, new int[] {4}, new int[] {6, 6, 1});
    try (Generator generator = new Generator(model.decoder(), adapter)) {
      List<GeneratedTokens> cached =
          generator.generate(
              new GenerationRequest(prompts, 9, Set.of(), Sampling.GREEDY), TokenListener.NONE);
      for (int row = 0; row < prompts.size(); row++) {
        List<Integer> ids = new ArrayList<>();
        for (int id : prompts.get(row)) {
          ids.add(id);
        }
        for (int step = 0; step < 9; step++) {
          int[] prefix = ids.stream().mapToInt(Integer::intValue).toArray();
          GeneratedTokens fresh =
              generator
                  .generate(
                      new GenerationRequest(List.of(prefix), 1, Set.of(), Sampling.GREEDY),
                      TokenListener.NONE)
                  .get(0);
          assertThat(cached.get(row).ids()[step]).isEqualTo(fresh.ids()[0]);
          assertThat(cached.get(row).logProbabilities()[step])
              .isCloseTo(fresh.logProbabilities()[0], within(1e-4));
          ids.add(fresh.ids()[0]);
        }
      }
    }
  }

  @Test
  void shouldSampleARowAlikeWhateverStandsBesideIt() {
    Sampling sampling = new Sampling(0.9, 20, 0.95, 1.3, 42);
    int[] prompt = {5, 9, 3};
    try (Generator generator = new Generator(model.decoder(), adapter)) {
      GeneratedTokens alone = generate(generator, List.of(prompt), sampling).get(0);
      GeneratedTokens beside =
          generate(generator, List.of(prompt, new int[] {1, 2, 3, 4, 5}), sampling).get(0);
      assertThat(beside.ids()).isEqualTo(alone.ids());
      GeneratedTokens otherSeed =
          generate(generator, List.of(prompt), new Sampling(0.9, 20, 0.95, 1.3, 43)).get(0);
      assertThat(otherSeed.ids()).isNotEqualTo(alone.ids());
    }
  }

  @Test
  void shouldComputeTheSameFromPackedWeights() {
    PeftFolder.save(adapter, folder.resolve("adapter"), "base");
    ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
        .huggingFace(folder.resolve("base"));
    List<int[]> prompts = List.of(new int[] {5, 9, 3, 7, 8, 2}, new int[] {4}, new int[] {6, 6, 1});
    Sampling sampling = new Sampling(0.9, 20, 0.95, 1.3, 42);
    try (LanguageModel packed = LanguageModel.open(folder.resolve("base"), CPU, WeightForm.PACKED);
        Adapter loaded = packed.loadAdapter(folder.resolve("adapter"));
        Generator expected = new Generator(model.decoder(), adapter);
        Generator generator = new Generator(packed.decoder(), loaded)) {
      assertThat(generator.nextLogits(prompts.get(0)))
          .containsExactly(expected.nextLogits(prompts.get(0)), within(1e-4f));
      float[] before = expected.nextLogits(prompts.get(1));
      List<GeneratedTokens> texts = generate(generator, prompts, sampling);
      List<GeneratedTokens> expectedTexts = generate(expected, prompts, sampling);
      for (int row = 0; row < prompts.size(); row++) {
        assertThat(texts.get(row).ids()).isEqualTo(expectedTexts.get(row).ids());
      }
      assertThat(loss(packed, loaded)).isCloseTo(loss(model, adapter), within(1e-4));
      // A copy of the live model is what its files would give, and leaves the model as it is.
      try (Decoder copy = model.decoder().packed();
          Generator beside = new Generator(copy, adapter)) {
        assertThat(beside.nextLogits(prompts.get(0)))
            .containsExactly(generator.nextLogits(prompts.get(0)));
      }
      assertThat(expected.nextLogits(prompts.get(1))).isEqualTo(before);
    }
  }

  @Test
  void shouldRefuseWhatPackedWeightsCannotDo() {
    ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
        .huggingFace(folder.resolve("base"));
    try (LanguageModel packed =
        LanguageModel.open(folder.resolve("base"), CPU, WeightForm.PACKED)) {
      assertThatThrownBy(
              () ->
                  ModelExport.of(packed, Optional.empty(), ModelCard.named("tiny"))
                      .huggingFace(folder.resolve("again")))
          .isInstanceOf(LlmException.class)
          .extracting("code")
          .isEqualTo("weights_packed");
    }
    assertThatThrownBy(() -> LanguageModel.open(folder.resolve("base"), CPU, WeightForm.FOUR_BIT))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("Q4_0 or Q4_1")
        .extracting("code")
        .isEqualTo("weight_form_unsupported");
  }

  @Test
  void shouldEndARowAtItsStopTokenOrWhenItsListenerHasHeardEnough() {
    List<int[]> prompts = List.of(new int[] {5, 9, 3}, new int[] {4, 2});
    try (Generator generator = new Generator(model.decoder(), adapter)) {
      List<GeneratedTokens> whole = generate(generator, prompts, Sampling.GREEDY);
      int[] first = whole.get(0).ids();
      int stop = first[first.length / 2];
      List<GeneratedTokens> stopped =
          generator.generate(
              new GenerationRequest(prompts, 12, Set.of(stop), Sampling.GREEDY),
              TokenListener.NONE);
      int[] until = stopped.get(0).ids();
      assertThat(until).isEqualTo(Arrays.copyOf(first, until.length)).endsWith(stop);
      assertThat(stopped.get(0).finish()).isEqualTo(GeneratedTokens.Finish.STOP);
      List<Integer> heard = new ArrayList<>();
      List<GeneratedTokens> left =
          generator.generate(
              new GenerationRequest(prompts, 12, Set.of(), Sampling.GREEDY),
              (row, token) -> row == 1 || heard.add(token) && heard.size() < 3);
      assertThat(left.get(0).ids()).isEqualTo(Arrays.copyOf(first, 3));
      assertThat(left.get(0).finish()).isEqualTo(GeneratedTokens.Finish.STOP);
      assertThat(left.get(1).ids()).isEqualTo(whole.get(1).ids());
      assertThat(left.get(1).finish()).isEqualTo(GeneratedTokens.Finish.LENGTH);
    }
  }

  /** Gemma 3's tokenizer has such a token, for images; a text may not have it. */
  @Test
  void shouldTellAddedTokensWithoutARowAndRefuseTheirTexts() throws IOException {
    Path base = exported();
    int id = model.decoder().shape().vocabularySize();
    // The engine numbers them on from the vocabulary.
    for (int each = model.tokenizer().vocabularySize(); each <= id; each++) {
      addToken(base, "added_tokens", each == id ? "<picture>" : "<unused%d>".formatted(each), each);
    }
    try (LanguageModel opened = LanguageModel.open(base, CPU);
        Generator generator = new Generator(opened.decoder(), opened.decoder().withoutAdapter())) {
      assertThat(opened.notes())
          .singleElement()
          .asString()
          .contains("1 added tokens have no row", "'<picture>' (%d)".formatted(id));
      int[] ids = opened.tokenizer().encode("the cat <picture>");
      assertThat(ids).endsWith(id);
      assertBeyond(() -> generator.nextLogits(ids), id);
      assertBeyond(() -> generate(generator, List.of(ids), Sampling.GREEDY), id);
      TokenizedExample example = TokenizedExample.targetsFrom("row 7", ids, 1);
      LossMeter meter = new LossMeter(opened.decoder(), opened.decoder().withoutAdapter());
      assertBeyond(() -> meter.losses(List.of(example), 1), id);
      try (LoraAdapter lora = adapter(opened);
          Trainables trainables = Trainables.of(opened.decoder(), lora)) {
        assertBeyond(
            () ->
                TrainingRun.overExamples(
                    opened.decoder(), trainables, TrainingSettings.DEFAULT, List.of(example)),
            id);
      }
    }
  }

  @Test
  void shouldRefuseTheTokenizerOfAnotherModel() throws IOException {
    Path base = exported();
    addToken(base, "vocab", "another", model.decoder().shape().vocabularySize() + 3);
    assertThatThrownBy(() -> LanguageModel.open(base, CPU))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("1 tokens whose ids are beyond the embedding's")
        .hasMessageContaining("'another'")
        .extracting("code")
        .isEqualTo("tokenizer_mismatch");
    assertThatThrownBy(() -> ModelHeader.read(base))
        .extracting("code")
        .isEqualTo("tokenizer_mismatch");
  }

  private Path exported() {
    Path base = folder.resolve("base");
    ModelExport.of(model, Optional.empty(), ModelCard.named("tiny")).huggingFace(base);
    return base;
  }

  private static void addToken(Path base, String where, String token, int id) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Path file = base.resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
    if (where.equals("vocab")) {
      ((ObjectNode) json.path("model").path("vocab")).put(token, id);
    } else {
      json.withArray("added_tokens")
          .addObject()
          .put("id", id)
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    mapper.writeValue(file.toFile(), json);
  }

  private static void assertBeyond(ThrowableAssert.ThrowingCallable computation, int id) {
    assertThatThrownBy(computation)
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("token id %d at position".formatted(id))
        .extracting("code")
        .isEqualTo("token_beyond_vocabulary");
  }

  private static List<GeneratedTokens> generate(
      Generator generator, List<int[]> prompts, Sampling sampling) {
    return generator.generate(
        new GenerationRequest(prompts, 12, Set.of(), sampling), TokenListener.NONE);
  }

  private static double loss(LanguageModel model, BlockAdapter adapter) {
    TokenizedExample example =
        TokenizedExample.targetsFrom("x", model.tokenizer().encode("the dog sat on the mat"), 1);
    return new LossMeter(model.decoder(), adapter).losses(List.of(example), 1).get(0).sum();
  }
}
