package io.affinage.llm.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.OnDemandBlocks;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Generation from blocks that are dequantized or read when they are needed: the tokens of blocks
 * that stay, with one block in memory at a time. Both ways give the same bits; those of one call
 * through all blocks may differ in the last digits, as the engine optimizes each kernel's graph by
 * itself.
 */
class BlockwiseGenerationTest {
  private static final int NEW_TOKENS = 10;
  private static final int STOP = 5;

  /** Windows, caps, learned positions, frequencies that change with the length. */
  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "gemma2", "gpt2", "phi3-longrope"})
  void shouldSampleTheSameTokens(String family) {
    FamilyFixture fixture = FamilyFixture.named(family);
    check(fixture, fixture.adapter());
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldSampleTheSameTokensOfEveryFamily(FamilyFixture family) {
    check(family, family.adapter());
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("io.affinage.llm.AdapterFixture#all")
  void shouldSampleTheSameTokensWithEveryAdapter(AdapterFixture fixture) {
    check(fixture.family(), fixture.folder());
  }

  private static void check(FamilyFixture family, Path adapter) {
    Checkpoint rounded = DecoderFiles.rounded(family.checkpoint(), WeightForm.NF4_DOUBLE);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder resident = DecoderFiles.load(root, rounded, Precision.FLOAT32);
        Decoder nf4 =
            DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32, WeightForm.NF4_DOUBLE);
        Decoder onDemand =
            DecoderFiles.load(
                root, rounded, Precision.FLOAT32, WeightForm.PLAIN, OnDemandBlocks::new)) {
      assertThat(resident.blocks().mostHeld()).isEqualTo(resident.shape().layers()).isPositive();
      for (List<int[]> prompts : List.of(prompts(family), prompts(family).subList(1, 2))) {
        List<GeneratedTokens> expected = generated(resident, adapter, prompts);
        List<GeneratedTokens> dequantized = generated(nf4, adapter, prompts);
        List<GeneratedTokens> read = generated(onDemand, adapter, prompts);
        assertThat(dequantized).usingRecursiveComparison().isEqualTo(read);
        for (int row = 0; row < expected.size(); row++) {
          assertThat(read.get(row).ids()).isEqualTo(expected.get(row).ids());
          assertThat(read.get(row).finish()).isEqualTo(expected.get(row).finish());
          assertThat(read.get(row).logProbabilities())
              .containsExactly(expected.get(row).logProbabilities(), within(1e-5));
        }
        assertThat(nf4.blocks().mostHeld()).isEqualTo(1);
        assertThat(onDemand.blocks().mostHeld()).isEqualTo(1);
      }
    }
  }

  /** One is a beginning of another; one ends early, where the stop token comes up. */
  private static List<int[]> prompts(FamilyFixture family) {
    return List.of(
        family.ids(),
        Arrays.copyOf(family.ids(), 5),
        new int[] {3, 7, 2, 9},
        Arrays.copyOf(family.ids(), 5));
  }

  private static List<GeneratedTokens> generated(
      Decoder decoder, Path folder, List<int[]> prompts) {
    Sampling sampling = new Sampling(0.9, 20, 0.95, 1.2, 11);
    try (Adapter adapter = PeftFolder.load(decoder, folder);
        Generator generator = new Generator(decoder, adapter)) {
      List<GeneratedTokens> generated =
          generator.generate(
              new GenerationRequest(prompts, NEW_TOKENS, Set.of(STOP), sampling),
              TokenListener.NONE);
      assertThat(generator.passes()).isBetween(1L, (long) NEW_TOKENS);
      return generated;
    }
  }
}
