package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.BlockStore;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Training beside the blocks that a GGUF file has is training beside the weights that they stand
 * for, to the bit.
 */
class GgufTrainingTest {
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of("all-linear"));

  @TempDir private static Path folder;

  @BeforeAll
  static void write() {
    try (LanguageModel model = SuperBlockModel.initialise(2, 64)) {
      for (GgufMix mix : List.of(GgufMix.Q4_0, GgufMix.Q4_1, GgufMix.Q8_0, GgufMix.Q4_K_M)) {
        ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
            .gguf(folder.resolve(mix.name()), mix);
      }
    }
  }

  /** In Q4_K_M both types of super-blocks are, and q and k lie in llama.cpp's order of rows. */
  @ParameterizedTest
  @CsvSource({
    "Q4_0, BFLOAT16, Q4_0",
    "Q4_1, FLOAT32, Q4_1",
    "Q8_0, BFLOAT16, Q8_0",
    "Q4_K_M, FLOAT32, Q4_K",
    "Q4_K_M, BFLOAT16, Q6_K"
  })
  void shouldTrainAsOnTheWeightsThatBlocksStandFor(
      GgufMix mix, Precision precision, StorageType among) {
    check(mix, precision, among, decoder -> LoraAdapter.initialise(decoder, LORA, 3));
  }

  /** DoRA measures the rows of weights. */
  @Test
  void shouldTrainDoraAsOnTheWeightsThatBlocksStandFor() {
    check(
        GgufMix.Q4_0,
        Precision.FLOAT32,
        StorageType.Q4_0,
        decoder -> DoraAdapter.initialise(decoder, LORA, 3));
  }

  private static void check(
      GgufMix mix, Precision precision, StorageType among, Function<Decoder, Adapter> adapter) {
    Checkpoint checkpoint = Checkpoint.open(folder.resolve(mix.name()));
    assertThat(DecoderFiles.matrices(checkpoint).keySet())
        .extracting(name -> checkpoint.entry(name).type())
        .contains(among);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder plain = DecoderFiles.load(root, checkpoint, precision);
        Decoder stored = DecoderFiles.load(root, checkpoint, precision, WeightForm.GGUF)) {
      assertThat(Nf4TrainingTest.results(stored, adapter))
          .usingRecursiveComparison()
          .isEqualTo(Nf4TrainingTest.results(plain, adapter));
      assertThat(stored.blocks().resident()).isFalse();
      BlockStore.Packed packed = stored.blocks().packed().orElseThrow();
      assertThat(packed.elements())
          .isEqualTo(stored.config().linears().stream().mapToLong(l -> l.in() * l.out()).sum() * 2);
      // 34 bytes for 32 weights are the most.
      assertThat(packed.bytes() * 8.0 / packed.elements()).isBetween(4.5, 8.5);
      assertThat(stored.blocks().mostHeld()).isBetween(1, 2);
      assertThatThrownBy(() -> Trainables.allWeights(stored))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weights_quantized"));
    }
  }

  @Test
  void shouldRefuseABaseThatHasNoSuchBlocks() {
    try (NDManager root = NDManager.newBaseManager("PyTorch")) {
      assertThatThrownBy(
              () ->
                  DecoderFiles.load(
                      root,
                      FamilyFixture.named("qwen2").checkpoint(),
                      Precision.FLOAT32,
                      WeightForm.GGUF))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weight_form_unsupported"));
    }
  }
}
