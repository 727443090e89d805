package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.OpenDecoders;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The gradient of every single weight and adapter matrix of every family against the reference's
 * autograd, and rows that share prefixes against rows that do not.
 */
@Tag("slow")
class FamilyGradientTest {
  private static final OpenDecoders DECODERS = new OpenDecoders();

  private static final String ALL = "io.affinage.llm.FamilyFixture#all";

  /**
   * Rounding of a gradient that is zero by mathematics (a key's bias where nothing is rotated adds
   * the same to all scores), as a share of all gradients' norm.
   */
  private static final double ROUNDING = 1e-7;

  @AfterAll
  static void close() {
    DECODERS.close();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveEveryWeightItsGradient(FamilyFixture family) {
    Decoder decoder = DECODERS.of(family);
    try (Trainables trainables = Trainables.allWeights(decoder)) {
      assertGradients(decoder, trainables, family, family.golden());
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveEveryAdapterMatrixItsGradient(FamilyFixture family) {
    Decoder decoder = DECODERS.of(family);
    try (Adapter adapter = PeftFolder.load(decoder, family.adapter());
        Trainables trainables = Trainables.of(decoder, adapter)) {
      assertGradients(decoder, trainables, family, family.golden().get("adapter"));
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldShareThePrefixesOfARow(FamilyFixture family) {
    List<TokenizedExample> examples = family.branching();
    Decoder decoder = DECODERS.of(family);
    try (Trainables trainables = Trainables.allWeights(decoder)) {
      Backpropagation backpropagation = backpropagation(decoder, trainables, false);
      double apart = 0;
      for (TokenizedExample example : examples) {
        apart += backpropagation.accumulate(PrefixTreeRow.of(List.of(example), false), 1, 0);
      }
      List<float[]> expected = TinyModel.gradients(trainables);
      trainables.clearGradients();

      PrefixTreeRow row = PrefixTreeRow.of(examples, true);
      double together = backpropagation.accumulate(row, 1, 0);

      assertThat(row.tree().nodes()).isLessThan(row.tree().tokenCount());
      assertThat(together).isCloseTo(apart, within(1e-5 * apart));
      List<float[]> actual = TinyModel.gradients(trainables);
      double rounding = ROUNDING * trainables.gradientNorm();
      for (int i = 0; i < expected.size(); i++) {
        assertThat(distance(expected.get(i), actual.get(i)))
            .as(trainables.parameters().get(i).name())
            .isLessThan(1e-5 * norm(expected.get(i)) + rounding);
      }
    }
  }

  /** Where a text's length decides how it is rotated, a row still gives what its texts give. */
  @ParameterizedTest
  @ValueSource(strings = {"dynamic-rope", "longrope", "phi3-longrope"})
  void shouldRotateEachTextOfARowByItsOwnLength(String name) {
    FamilyFixture family = FamilyFixture.named(name);
    List<TokenizedExample> examples = new ArrayList<>();
    for (int length : new int[] {7, 10, 11, 11, 24}) {
      int[] ids = Arrays.copyOf(family.ids(), length);
      examples.add(TokenizedExample.targetsFrom("of " + length, ids, 4));
    }
    Decoder decoder = DECODERS.of(family);
    try (Trainables trainables = Trainables.allWeights(decoder)) {
      Backpropagation backpropagation = backpropagation(decoder, trainables, false);
      double apart = 0;
      for (TokenizedExample example : examples) {
        apart += backpropagation.accumulate(PrefixTreeRow.of(List.of(example), false), 1, 0);
      }
      double norm = trainables.gradientNorm();
      trainables.clearGradients();

      PrefixTreeRow row = PrefixTreeRow.of(examples, true, decoder.config()::lengthClass);
      assertThat(row.tree().nodes()).isLessThan(row.tree().tokenCount());
      assertThat(backpropagation.accumulate(row, 1, 0)).isCloseTo(apart, within(1e-5 * apart));
      assertThat(trainables.gradientNorm()).isCloseTo(norm, within(1e-5 * norm));

      PrefixTreeRow wrong = PrefixTreeRow.of(examples, true);
      assertThatIllegalStateException()
          .isThrownBy(() -> backpropagation.accumulate(wrong, 1, 0))
          .withMessageContaining("share keys that their lengths rotate differently");
    }
  }

  /** 8 bits of mantissa allow no more than this; types that do not fit would fail. */
  @ParameterizedTest
  @MethodSource(ALL)
  void shouldStayCloseToTheReferenceInBfloat16(FamilyFixture family) {
    int targets = family.ids().length - family.golden().get("prompt_length").asInt();
    PrefixTreeRow row = PrefixTreeRow.of(List.of(family.example()), true);
    Decoder decoder = DECODERS.of(family, Precision.BFLOAT16, WeightForm.PLAIN);
    try (Trainables trainables = Trainables.allWeights(decoder)) {
      double loss = backpropagation(decoder, trainables, true).accumulate(row, 1.0 / targets, 0);

      double expected = family.golden().get("loss").asDouble();
      assertThat(loss / targets).isCloseTo(expected, within(0.01 * expected));
      double squares = 0;
      for (JsonNode gradient : family.golden().get("gradients")) {
        squares += Math.pow(gradient.get(0).asDouble(), 2);
      }
      assertThat(trainables.gradientNorm() / Math.sqrt(squares)).isCloseTo(1, within(0.03));
    }
  }

  private static void assertGradients(
      Decoder decoder, Trainables trainables, FamilyFixture family, JsonNode golden) {
    TokenizedExample example = family.example();
    PrefixTreeRow row = PrefixTreeRow.of(List.of(example), true);
    int targets = example.ids().length - family.golden().get("prompt_length").asInt();
    JsonNode expected = golden.get("gradients");
    assertThat(trainables.parameters())
        .extracting(Trainables.Parameter::name)
        .containsExactlyInAnyOrderElementsOf(expected::fieldNames);
    for (boolean recompute : new boolean[] {false, true}) {
      trainables.clearGradients();
      double loss =
          backpropagation(decoder, trainables, recompute).accumulate(row, 1.0 / targets, 0);
      assertThat(loss / targets).isCloseTo(golden.get("loss").asDouble(), within(1e-5));
      List<float[]> gradients = TinyModel.gradients(trainables);
      double rounding = ROUNDING * trainables.gradientNorm();
      for (int i = 0; i < gradients.size(); i++) {
        String name = trainables.parameters().get(i).name();
        double norm = expected.get(name).get(0).asDouble();
        assertThat(norm(gradients.get(i))).as(name).isCloseTo(norm, within(1e-4 * norm + rounding));
        assertThat(alongDirection(gradients.get(i)))
            .as(name)
            .isCloseTo(expected.get(name).get(1).asDouble(), within(1e-4 * norm + rounding));
      }
    }
  }

  private static Backpropagation backpropagation(
      Decoder decoder, Trainables trainables, boolean recompute) {
    return new Backpropagation(
        decoder, trainables, TrainingSettings.DEFAULT.withRecomputedActivations(recompute));
  }

  static double norm(float[] values) {
    return distance(values, new float[values.length]);
  }

  private static double distance(float[] one, float[] other) {
    assertThat(one).hasSameSizeAs(other);
    double squares = 0;
    for (int i = 0; i < one.length; i++) {
      squares += Math.pow((double) one[i] - other[i], 2);
    }
    return Math.sqrt(squares);
  }

  /** The product with the fixture's fixed direction: cos(0.7 i), scaled to norm one. */
  static double alongDirection(float[] gradient) {
    double product = 0;
    double squares = 0;
    for (int i = 0; i < gradient.length; i++) {
      double direction = Math.cos(0.7 * i);
      product += gradient[i] * direction;
      squares += direction * direction;
    }
    return product / Math.sqrt(squares);
  }
}
