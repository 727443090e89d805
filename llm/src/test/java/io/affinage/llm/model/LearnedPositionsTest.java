package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.tensor.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnedPositionsTest {
  private static final FamilyFixture GPT2 = FamilyFixture.named("gpt2");

  @Test
  void shouldRefuseATextThatIsLongerThanThePositions() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, GPT2.checkpoint(), Precision.FLOAT32)) {
      LossMeter meter = new LossMeter(decoder, decoder.withoutAdapter());
      assertThat(meter.losses(List.of(text(64)), 1).get(0).mean()).isPositive();
      assertThatExceptionOfType(LlmException.class)
          .isThrownBy(() -> meter.losses(List.of(text(65)), 1))
          .withMessageContaining("a text has 65 tokens, but the model has learned 64 positions");
    }
  }

  /** What writes into the residual stream begins smaller, by whatever name. */
  @Test
  void shouldBeginFromScratchAsGpt2Does() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderInitializer.create(root, DecoderFiles.config(GPT2.checkpoint()), 3)) {
      assertThat(deviation(decoder, "transformer.wpe.weight")).isBetween(0.018, 0.022);
      assertThat(deviation(decoder, "transformer.h.0.attn.c_attn.weight")).isBetween(0.018, 0.022);
      assertThat(deviation(decoder, "transformer.h.1.attn.c_proj.weight")).isBetween(0.008, 0.012);
      assertThat(deviation(decoder, "transformer.h.1.mlp.c_proj.weight")).isBetween(0.008, 0.012);
      assertThat(deviation(decoder, "transformer.h.1.mlp.c_proj.bias")).isZero();
    }
  }

  private static double deviation(Decoder decoder, String wanted) {
    double[] squares = {0};
    decoder.forEachWeight(
        (name, array) -> {
          if (name.equals(wanted)) {
            for (float value : array.toFloatArray()) {
              squares[0] += value * value / array.size();
            }
          }
        });
    return Math.sqrt(squares[0]);
  }

  private static TokenizedExample text(int length) {
    return TokenizedExample.targetsFrom("text", new int[length], 1);
  }
}
