package io.affinage.llm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackingProbeTest {
  private final Checkpoint checkpoint = FamilyFixture.named("llama3-rope").checkpoint();

  @Test
  void shouldPackFloat32Everywhere() {
    try (NDManager root = NDManager.newBaseManager("PyTorch")) {
      assertThat(PackingProbe.packs(root, Precision.FLOAT32)).isTrue();
    }
  }

  /** What the processor cannot is refused by name, and never tried by a training that samples. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void shouldForetellWhetherWeightsCanBePacked(Precision precision) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder plain = DecoderFiles.load(root, checkpoint, precision)) {
      boolean packs = PackingProbe.packs(root, precision);
      assertThat(plain.packable()).isEqualTo(packs);
      if (packs) {
        plain.packed().close();
        DecoderFiles.load(root, checkpoint, precision, WeightForm.PACKED).close();
      } else {
        assertThatThrownBy(
                () -> DecoderFiles.load(root, checkpoint, precision, WeightForm.PACKED).close())
            .isInstanceOfSatisfying(
                LlmException.class, e -> assertThat(e.code()).isEqualTo("weight_form_unsupported"));
      }
    }
  }
}
