package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RegularisationTest {
  private static final TokenizedExample EXAMPLE =
      new TokenizedExample("x", new int[] {1, 5, 9, 14, 30}, new int[] {4, 5});

  /** (1 - e) * -log p(target) + e * the mean of -log p over the vocabulary, as torch defines it. */
  @Test
  void shouldSpreadTheTargetOverTheVocabulary() {
    double share = 0.2;
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      double plain = model.loss(model.decoder.withoutAdapter(), List.of(EXAMPLE));
      List<TokenizedExample> everyTarget =
          IntStream.range(0, TinyModel.CONFIG.shape().vocabularySize())
              .mapToObj(
                  t -> new TokenizedExample("t" + t, new int[] {1, 5, 9, 14, t}, new int[] {4, 5}))
              .toList();
      double uniform = model.loss(model.decoder.withoutAdapter(), everyTarget);

      double smoothed =
          backpropagation(model, trainables, new Regularisation(0, 0, share, 0))
              .accumulate(PrefixTreeRow.of(List.of(EXAMPLE), true), 1, 0);

      assertThat(smoothed).isCloseTo((1 - share) * plain + share * uniform, within(1e-5));
    }
  }

  @Test
  void shouldAddNoiseOfTheGivenMagnitudeAndTheSameForTheSameSeed() {
    try (TinyModel model = new TinyModel();
        NDManager scope = model.root.newSubManager()) {
      int nodes = 4;
      int width = 500;
      NDArray zeros = scope.zeros(new Shape(nodes, width));
      NDArray magnitude = scope.create(new float[] {0.5f, 1, 2, 0}, new Shape(nodes, 1));
      float[] noise = noisy(model, scope, zeros, magnitude, 3);

      for (int node = 0; node < nodes; node++) {
        double limit = magnitude.getFloat(node, 0);
        double sum = 0;
        double square = 0;
        for (int i = 0; i < width; i++) {
          float value = noise[node * width + i];
          assertThat((double) Math.abs(value)).isLessThanOrEqualTo(limit);
          sum += value;
          square += (double) value * value;
        }
        // Mean and variance of a uniform variable, within five standard errors.
        assertThat(sum / width).isCloseTo(0, within(5 * limit / Math.sqrt(3.0 * width) + 1e-9));
        assertThat(square / width)
            .isCloseTo(limit * limit / 3, within(0.07 * limit * limit + 1e-9));
      }
      assertThat(noisy(model, scope, zeros, magnitude, 3)).containsExactly(noise);
      assertThat(noisy(model, scope, zeros, magnitude, 4)).isNotEqualTo(noise);
    }
  }

  @Test
  void shouldScaleTheNoiseByLengthAndWidth() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      PrefixTreeRow row = PrefixTreeRow.of(List.of(EXAMPLE), false);
      double plain = accumulate(model, trainables, 0, row, 1);
      double slight = accumulate(model, trainables, 1e-4, row, 1);
      double strong = accumulate(model, trainables, 20, row, 1);

      assertThat(slight).isCloseTo(plain, within(1e-3)).isNotEqualTo(plain);
      assertThat(strong).isNotCloseTo(plain, within(1e-2));
      assertThat(accumulate(model, trainables, 20, row, 1)).isEqualTo(strong);
      assertThat(accumulate(model, trainables, 20, row, 2)).isNotEqualTo(strong);
    }
  }

  private static float[] noisy(
      TinyModel model, NDManager scope, NDArray zeros, NDArray magnitude, long seed) {
    return model
        .decoder
        .kernels()
        .differentiable(scope, "noisy", zeros, magnitude, model.decoder.hostVector(scope, seed))
        .singletonOrThrow()
        .toFloatArray();
  }

  private static double accumulate(
      TinyModel model, Trainables trainables, double alpha, PrefixTreeRow row, long seed) {
    return backpropagation(model, trainables, new Regularisation(0, alpha, 0, 0))
        .accumulate(row, 1, seed);
  }

  private static Backpropagation backpropagation(
      TinyModel model, Trainables trainables, Regularisation regularisation) {
    return new Backpropagation(
        model.decoder, trainables, TrainingSettings.DEFAULT.with(regularisation));
  }
}
