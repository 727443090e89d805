package io.affinage.llm.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Texts longer than the cache begins with, prompts that share their beginnings, and the choice of
 * the likeliest token.
 */
class GeneratorTest {
  private static final int NEW_TOKENS = 75;

  private LanguageModel model;

  @BeforeEach
  void makeModel() {
    var definition =
        BpeTrainer.train(List.of("the cat sat on the mat. "), BpeTrainer.Settings.chatMl(280));
    model =
        LanguageModel.initialise(
            DecoderConfig.llama(new DecoderShape(384, 16, 24, 2, 4, 2, 4, 128, true), 1e-5, 10_000),
            definition,
            3,
            Compute.of("cpu", "float32"));
  }

  @AfterEach
  void release() {
    model.close();
  }

  /** 3 and 30 tokens of prompt leave the first 32 slots at once and the next ones later. */
  @Test
  void shouldKeepTheTextWhileTheCacheGrows() {
    int[] shorter = {5, 9, 3};
    int[] longer = new Random(7).ints(30, 0, 256).toArray();
    try (Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      List<GeneratedTokens> together = continued(generator, NEW_TOKENS, shorter, longer);
      int row = 0;
      for (int[] prompt : List.of(shorter, longer)) {
        GeneratedTokens grown = together.get(row++);
        assertThat(continued(generator, NEW_TOKENS, prompt).get(0).ids()).isEqualTo(grown.ids());
        int[] text = Arrays.copyOf(prompt, prompt.length + NEW_TOKENS);
        for (int i = 0; i < NEW_TOKENS; i++) {
          int[] prefix = Arrays.copyOf(text, prompt.length + i);
          GeneratedTokens uncached = continued(generator, 1, prefix).get(0);
          assertThat(grown.ids()[i]).isEqualTo(uncached.ids()[0]);
          assertThat(grown.logProbabilities()[i])
              .isCloseTo(uncached.logProbabilities()[0], within(1e-4));
          text[prompt.length + i] = grown.ids()[i];
        }
      }
    }
  }

  /** Of each prompt alone, whatever it shares with others: nothing, its start, or all of it. */
  @Test
  void shouldComputeOnceWhatPromptsShare() {
    int[] system = new Random(8).ints(9, 0, 256).toArray();
    int[] first = joined(system, 11, 12, 13);
    int[] second = joined(system, 21, 22, 23, 24, 25);
    int[] other = {40, 41};
    assertShared(10, 10, joined(system, 7));
    assertShared(12 + 14, 9 + 3 + 5, first, second);
    assertShared(3 * 12, 12, first, first, first);
    assertShared(9 + 14 + 12, 9 + 5 + 3, system, second, first);
    assertShared(14 + 9 + 2 + 2, 14 + 2, second, system, other, other);
    assertShared(2 + 12, 2 + 12, other, first);
    assertShared(2 * 2, 2, other, other);
    assertShared(3, 2, new int[] {5}, new int[] {6}, new int[] {5});
  }

  private void assertShared(int given, int computed, int[]... prompts) {
    try (Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      List<GeneratedTokens> together = continued(generator, 6, prompts);
      assertThat(generator.promptWork()).isEqualTo(new PromptWork(given, computed));
      for (int row = 0; row < prompts.length; row++) {
        GeneratedTokens alone = continued(generator, 6, prompts[row]).get(0);
        assertThat(together.get(row).ids()).isEqualTo(alone.ids());
        assertThat(together.get(row).logProbabilities())
            .containsExactly(alone.logProbabilities(), within(1e-4));
      }
    }
  }

  private static int[] joined(int[] start, int... end) {
    return IntStream.concat(Arrays.stream(start), Arrays.stream(end)).toArray();
  }

  /** With a vocabulary that is cut into blocks of 128, and with one that is not. */
  @Test
  void shouldChooseTheFirstOfTheLikeliestTokens() {
    for (int vocabulary : new int[] {384, 381}) {
      for (int[] equals : new int[][] {{0, 1}, {127, 128}, {130, 290}, {250, 251}, {380}}) {
        assertThat(greedy(vocabulary, equals)).isEqualTo(equals[0]);
      }
    }
  }

  private long greedy(int vocabulary, int... likeliest) {
    Random random = new Random(vocabulary);
    float[] logits = new float[2 * vocabulary];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextFloat();
    }
    for (int token : likeliest) {
      logits[vocabulary + token] = 2;
    }
    try (NDManager scope = model.decoder().manager().newSubManager()) {
      NDArray seen = scope.zeros(new Shape(2, 1), DataType.BOOLEAN);
      NDArray draws = scope.zeros(new Shape(2));
      NDArray rows = scope.create(logits, new Shape(2, vocabulary));
      NDList chosen =
          model.decoder().kernels().run(scope, "sample", rows, seen, draws, 0.0, 0, 1.0, 1.0, 1.0);
      return chosen.get(0).toLongArray()[1];
    }
  }

  private static List<GeneratedTokens> continued(Generator generator, int tokens, int[]... texts) {
    return generator.generate(
        new GenerationRequest(List.of(texts), tokens, Set.of(), Sampling.GREEDY),
        TokenListener.NONE);
  }
}
