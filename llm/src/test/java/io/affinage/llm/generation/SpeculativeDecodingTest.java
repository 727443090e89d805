package io.affinage.llm.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that are drafted and checked are those that one pass for each would give. */
@Tag("slow")
class SpeculativeDecodingTest {
  private static final int[] PROMPT = {3, 7, 2, 9, 3, 7, 2, 9, 3, 7};
  private static final int NEW_TOKENS = 45;

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldChooseAsWithoutDrafts(FamilyFixture family) {
    int room = family.checkpoint().config().json().path("max_position_embeddings").asInt(64);
    int tokens = Math.min(NEW_TOKENS, room - PROMPT.length);
    List<Sampling> samplings =
        List.of(
            Sampling.GREEDY, new Sampling(0.5, 5, 0.9, 1, 11), new Sampling(0.8, 0, 1, 1.2, 12));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder plain = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        Decoder packed =
            DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32, WeightForm.PACKED);
        Generator one = new Generator(plain, plain.withoutAdapter());
        Generator several = new Generator(packed, packed.withoutAdapter())) {
      for (int[] prompt : List.of(PROMPT, new int[] {5})) {
        for (Sampling sampling : samplings) {
          GenerationRequest request =
              new GenerationRequest(List.of(prompt), tokens, Set.of(), sampling);
          GeneratedTokens expected = one.generate(request, TokenListener.NONE).get(0);
          GeneratedTokens generated = several.generate(request, TokenListener.NONE).get(0);
          assertThat(generated.ids()).isEqualTo(expected.ids());
          assertThat(generated.logProbabilities())
              .containsExactly(expected.logProbabilities(), within(1e-3));
        }
      }
      assertThat(several.passes()).isLessThanOrEqualTo(one.passes());
    }
  }

  /** A text that goes round in a circle takes a pass for every few of its tokens. */
  @ParameterizedTest
  @MethodSource("circling")
  void shouldTakeFewerPassesWhereTextRepeats(String family) {
    FamilyFixture fixture = FamilyFixture.named(family);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder packed =
            DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32, WeightForm.PACKED);
        Generator generator = new Generator(packed, packed.withoutAdapter())) {
      GenerationRequest request =
          new GenerationRequest(List.of(PROMPT), NEW_TOKENS, Set.of(), Sampling.GREEDY);
      int[] ids = generator.generate(request, TokenListener.NONE).get(0).ids();
      assertThat(IntStream.of(ids).distinct().count()).isLessThan(NEW_TOKENS / 2);
      assertThat(generator.passes()).isBetween(1L, NEW_TOKENS * 3L / 4);
      long before = generator.passes();
      GenerationRequest stopped =
          new GenerationRequest(List.of(PROMPT), NEW_TOKENS, Set.of(ids[20]), Sampling.GREEDY);
      int first =
          IntStream.range(0, ids.length).filter(i -> ids[i] == ids[20]).findFirst().orElse(0);
      assertThat(generator.generate(stopped, TokenListener.NONE).get(0).ids())
          .isEqualTo(Arrays.copyOf(ids, first + 1));
      assertThat(generator.passes() - before).isLessThanOrEqualTo(first + 1);
    }
  }

  static List<String> circling() {
    return List.of("qwen2", "mistral");
  }
}
