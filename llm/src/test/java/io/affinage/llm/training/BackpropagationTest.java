package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients against finite differences, and against the same examples laid out otherwise. */
class BackpropagationTest {
  private static final LoraConfig LORA = new LoraConfig(3, 6, 0, false, List.of("all-linear"));
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(5, 1);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldMatchFiniteDifferencesOfAllWeights(boolean tied) {
    DecoderConfig config =
        DecoderConfig.llama(new DecoderShape(37, 16, 24, 2, 4, 2, 4, 64, tied), 1e-5, 10_000);
    try (TinyModel model = new TinyModel(config);
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      checkDirections(model, trainables, backpropagation(model, trainables, true, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldMatchFiniteDifferencesOfCappedLogitsAndSmoothedLabels(boolean tied) {
    DecoderConfig llama =
        DecoderConfig.llama(new DecoderShape(37, 16, 24, 2, 4, 2, 4, 64, tied), 1e-5, 10_000);
    try (TinyModel model = new TinyModel(withLogitCap(llama, 0.3));
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      TrainingSettings settings = TrainingSettings.DEFAULT.with(new Regularisation(0, 0, 0.2, 0));
      checkDirections(model, trainables, new Backpropagation(model.decoder, trainables, settings));
    }
  }

  private static DecoderConfig withLogitCap(DecoderConfig config, double cap) {
    return new DecoderConfig(
        config.source(),
        config.architecture(),
        config.shape(),
        config.normalization(),
        config.attention(),
        config.feedForward(),
        config.parallelResidual(),
        config.embeddingScale(),
        cap,
        config.rotary(),
        config.layers(),
        config.linears(),
        config.names());
  }

  @Test
  void shouldMatchFiniteDifferencesOfAnAdapter() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      checkDirections(model, trainables, backpropagation(model, trainables, true, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldGiveTheGradientsOfExamplesOneByOne(boolean recompute) {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      Backpropagation backpropagation = backpropagation(model, trainables, recompute, 0);
      double single = 0;
      for (TokenizedExample example : EXAMPLES) {
        single += backpropagation.accumulate(PrefixTreeRow.of(List.of(example), false), 1, 0);
      }
      List<float[]> expected = TinyModel.gradients(trainables);
      for (boolean share : new boolean[] {false, true}) {
        zero(model, trainables);
        double together = backpropagation.accumulate(PrefixTreeRow.of(EXAMPLES, share), 1, 0);
        assertThat(together).isCloseTo(single, within(1e-5 * single));
        List<float[]> actual = TinyModel.gradients(trainables);
        for (int i = 0; i < expected.size(); i++) {
          assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-5f));
        }
      }
    }
  }

  /** Beside a long text the softmax is too large to be kept. */
  @Test
  void shouldGiveTheSameWhereTheSoftmaxIsComputedAgain() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      Backpropagation backpropagation = backpropagation(model, trainables, false, 0);
      int[] ids = new Random(3).ints(60, 0, model.decoder.shape().vocabularySize()).toArray();
      TokenizedExample extended = TokenizedExample.targetsFrom("long", ids, 50);
      backpropagation.accumulate(PrefixTreeRow.of(EXAMPLES, false), 1, 0);
      backpropagation.accumulate(PrefixTreeRow.of(List.of(extended), false), 1, 0);
      List<float[]> expected = TinyModel.gradients(trainables);
      zero(model, trainables);
      List<TokenizedExample> all = new ArrayList<>(EXAMPLES);
      all.add(extended);
      backpropagation.accumulate(PrefixTreeRow.of(all, false), 1, 0);
      List<float[]> actual = TinyModel.gradients(trainables);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-5f));
      }
    }
  }

  @Test
  void shouldDropTheSameWhenActivationsAreRecomputed() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      PrefixTreeRow row = PrefixTreeRow.of(EXAMPLES, true);
      double kept = backpropagation(model, trainables, false, 0.3).accumulate(row, 1, 5);
      List<float[]> expected = TinyModel.gradients(trainables);
      zero(model, trainables);
      double again = backpropagation(model, trainables, true, 0.3).accumulate(row, 1, 5);
      assertThat(again).isEqualTo(kept);
      List<float[]> actual = TinyModel.gradients(trainables);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-6f));
      }
      zero(model, trainables);
      double otherSeed = backpropagation(model, trainables, true, 0.3).accumulate(row, 1, 6);
      assertThat(otherSeed).isNotEqualTo(kept);
    }
  }

  private static Backpropagation backpropagation(
      TinyModel model, Trainables trainables, boolean recompute, double dropout) {
    return new Backpropagation(
        model.decoder,
        trainables,
        TrainingSettings.DEFAULT
            .with(Regularisation.ofDropout(dropout))
            .withRecomputedActivations(recompute));
  }

  /** Along a random direction of each array: (f(x + hd) - f(x - hd)) / 2h against the gradient. */
  private static void checkDirections(
      TinyModel model, Trainables trainables, Backpropagation backpropagation) {
    PrefixTreeRow row = PrefixTreeRow.of(EXAMPLES, true);
    backpropagation.accumulate(row, 1, 0);
    List<float[]> gradients = TinyModel.gradients(trainables);
    Random random = new Random(3);
    for (int p = 0; p < trainables.parameters().size(); p++) {
      Trainables.Parameter parameter = trainables.parameters().get(p);
      float[] values = trainables.numbers(parameter);
      float[] direction = new float[values.length];
      double norm = 0;
      for (int i = 0; i < direction.length; i++) {
        direction[i] = (float) random.nextGaussian();
        norm += direction[i] * direction[i];
      }
      double expected = 0;
      double gradientNorm = 0;
      for (int i = 0; i < direction.length; i++) {
        direction[i] /= (float) Math.sqrt(norm);
        expected += (double) direction[i] * gradients.get(p)[i];
        gradientNorm += (double) gradients.get(p)[i] * gradients.get(p)[i];
      }
      double step = 2e-2 * Math.max(0.05, norm(values));
      double plus = lossAt(model, parameter, values, direction, step, backpropagation, row);
      double minus = lossAt(model, parameter, values, direction, -step, backpropagation, row);
      model.decoder.assign(parameter.value().parameter(), values);
      assertThat((plus - minus) / (2 * step))
          .as(parameter.name())
          .isCloseTo(expected, within(0.02 * Math.sqrt(gradientNorm) + 2e-3));
      assertThat(gradientNorm).as(parameter.name()).isGreaterThan(0);
    }
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  private static double lossAt(
      TinyModel model,
      Trainables.Parameter parameter,
      float[] values,
      float[] direction,
      double step,
      Backpropagation backpropagation,
      PrefixTreeRow row) {
    float[] moved = new float[values.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (values[i] + step * direction[i]);
    }
    model.decoder.assign(parameter.value().parameter(), moved);
    return backpropagation.accumulate(row, 1, 0);
  }

  private static void zero(TinyModel model, Trainables trainables) {
    trainables
        .gradients()
        .forEach(
            gradient ->
                model.decoder.assign(gradient, new float[(int) gradient.getShape().size()]));
  }
}
