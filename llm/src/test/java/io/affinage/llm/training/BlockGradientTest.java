package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.model.BlockGradient;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.Reading;
import io.affinage.llm.tensor.Precision;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The written-out backward pass against autograd over the same forward parts. */
@Tag("slow")
class BlockGradientTest {
  private static final String ALL = "io.affinage.llm.FamilyFixture#all";
  private static final double DROPOUT = 0.3;

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveWeightsTheGradientsThatAutogradFinds(FamilyFixture family) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        Trainables trainables = Trainables.allWeights(decoder)) {
      assertSame(decoder, trainables, TrainingSettings.DEFAULT, family);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveLoraTheGradientsThatAutogradFinds(FamilyFixture family) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, family.adapter());
        Trainables trainables = Trainables.of(decoder, adapter)) {
      assertSame(decoder, trainables, TrainingSettings.DEFAULT, family);
      assertSame(
          decoder,
          trainables,
          TrainingSettings.DEFAULT.with(new Regularisation(DROPOUT, 0, 0, 0)),
          family);
    }
  }

  private static void assertSame(
      Decoder decoder, Trainables trainables, TrainingSettings settings, FamilyFixture family) {
    PrefixTreeRow row = PrefixTreeRow.of(family.branching(), true);
    double expected = accumulate(decoder, trainables, settings, BlockGradient.AUTOGRAD, row);
    List<float[]> reference = TinyModel.gradients(trainables);
    double norm = trainables.gradientNorm();
    trainables.clearGradients();
    double actual = accumulate(decoder, trainables, settings, BlockGradient.WRITTEN_OUT, row);
    List<float[]> found = TinyModel.gradients(trainables);
    trainables.clearGradients();

    assertThat(actual).isCloseTo(expected, within(1e-5 * expected));
    for (int i = 0; i < reference.size(); i++) {
      assertThat(found.get(i))
          .as(trainables.parameters().get(i).name())
          .containsExactly(reference.get(i), within((float) (1e-5 * norm)));
    }
  }

  private static double accumulate(
      Decoder decoder,
      Trainables trainables,
      TrainingSettings settings,
      BlockGradient gradient,
      PrefixTreeRow row) {
    try (Backpropagation backpropagation =
        new Backpropagation(
            decoder, trainables, settings, Optional.empty(), gradient, Reading.PLAIN)) {
      return backpropagation.accumulate(row, 1, 7);
    }
  }
}
