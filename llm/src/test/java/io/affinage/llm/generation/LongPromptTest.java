package io.affinage.llm.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderInitializer;
import io.affinage.llm.model.config.DecoderConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts of several blocks of queries, against attention over the whole text at once. */
class LongPromptTest {
  private static final int NEW_TOKENS = 3;

  /** Without a window; with one that is shorter or longer than a block; with soft caps. */
  @ParameterizedTest
  @CsvSource({"qwen2,0", "mistral,40", "mistral,128", "mistral,200", "mistral,300", "gemma2,150"})
  void shouldAttendAcrossBlocks(String family, int window) {
    ObjectNode json = FamilyFixture.named(family).checkpoint().config().json();
    json.put("max_position_embeddings", 512);
    if (window > 0) {
      json.put("sliding_window", window);
    }
    int[] first = new Random(5).ints(300, 0, json.get("vocab_size").intValue()).toArray();
    int[] second = Arrays.copyOf(first, 257);
    second[200] = (first[200] + 1) % 16;
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderInitializer.create(
                root, DecoderConfig.of(new ModelMetadata("config.json", json)), 3);
        Generator generator = new Generator(decoder, decoder.withoutAdapter())) {
      sharpen(decoder);
      List<int[]> prompts = List.of(first, second);
      List<GeneratedTokens> generated =
          generator.generate(
              new GenerationRequest(prompts, NEW_TOKENS, Set.of(), Sampling.GREEDY),
              TokenListener.NONE);
      assertThat(generator.promptWork()).isEqualTo(new PromptWork(557, 357));
      for (int row = 0; row < prompts.size(); row++) {
        double[] expected = logProbabilities(decoder, prompts.get(row), generated.get(row).ids());
        assertThat(generated.get(row).logProbabilities()).containsExactly(expected, within(1e-4));
      }
    }
  }

  /** Fresh weights are so small that every position attends to all others alike. */
  private static void sharpen(Decoder decoder) {
    decoder.forEachWeight(
        (name, array) -> {
          if (array.getShape().dimension() == 2) {
            array.muli(8);
          }
        });
  }

  private static double[] logProbabilities(Decoder decoder, int[] prompt, int[] added) {
    List<TokenizedExample> beginnings = new ArrayList<>();
    int[] whole = Arrays.copyOf(prompt, prompt.length + added.length);
    System.arraycopy(added, 0, whole, prompt.length, added.length);
    for (int length = prompt.length + 1; length <= whole.length; length++) {
      int[] beginning = Arrays.copyOf(whole, length);
      beginnings.add(TokenizedExample.targetsFrom("to " + length, beginning, length - 1));
    }
    return new LossMeter(decoder, decoder.withoutAdapter())
        .losses(beginnings, beginnings.size()).stream().mapToDouble(loss -> -loss.sum()).toArray();
  }
}
