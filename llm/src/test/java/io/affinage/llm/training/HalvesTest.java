package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.PrefixTreeRow;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.ThreadPair;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Micro-batches that two threads compute half of each. */
class HalvesTest {
  private static final LoraConfig LORA = new LoraConfig(3, 6, 0, false, List.of("all-linear"));

  @Test
  void shouldDivideExamplesIntoPartsOfLikeSize() {
    List<TokenizedExample> examples = examples(0, 300, 20, 150, 100, 40);

    Halves halves = divided(examples).orElseThrow();

    assertThat(halves.first().row().tree().nodes()).isEqualTo(300);
    assertThat(halves.second().row().tree().nodes()).isEqualTo(310);
    assertThat(halves.first().row().targetCount() + halves.second().row().targetCount())
        .isEqualTo(examples.stream().mapToInt(TokenizedExample::targetCount).sum());
  }

  @Test
  void shouldNotDivideWhatIsSmallOrSharesMuchOrIsOneExample() {
    assertThat(divided(examples(0, 90, 90, 90, 90))).isEmpty();
    assertThat(divided(examples(100, 200, 200, 200, 200))).isEmpty();
    assertThat(divided(examples(0, 800))).isEmpty();
    assertThat(divided(examples(10, 300, 300))).isPresent();
  }

  @Test
  void shouldNeverDivideAGroup() {
    List<TokenizedExample> examples = examples(0, 300, 20, 290, 30, 100, 110);
    List<Group> pairs =
        List.of(
            Group.pair(examples.get(0), examples.get(1)),
            Group.pair(examples.get(2), examples.get(3)),
            Group.pair(examples.get(4), examples.get(5)));

    Halves halves = Halves.of(row(pairs), HalvesTest::row).orElseThrow();

    assertThat(halves.first().groups()).containsExactly(pairs.get(0), pairs.get(2));
    assertThat(halves.second().groups()).containsExactly(pairs.get(1));
    assertThat(halves.second().row().tree().nodes()).isEqualTo(320);
  }

  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldGiveTheLossAndGradientsOfTheWhole(FamilyFixture family) {
    List<TokenizedExample> examples = family.branching();
    Halves halves =
        new Halves(row(singles(examples.subList(0, 2))), row(singles(examples.subList(2, 4))));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, family.checkpoint(), Precision.FLOAT32);
        LoraAdapter lora = TinyModel.randomAdapter(decoder, LORA, 0.1);
        Trainables trainables = Trainables.of(decoder, lora);
        ThreadPair threads = pair();
        Backpropagation backpropagation =
            new Backpropagation(
                decoder, trainables, TrainingSettings.DEFAULT, Optional.of(threads))) {
      double whole = backpropagation.accumulate(PrefixTreeRow.of(examples, true), 1, 0);
      List<float[]> expected = TinyModel.gradients(trainables);
      double norm = trainables.gradientNorm();
      trainables.clearGradients();

      double together = backpropagation.accumulate(halves, 1, 0);

      assertThat(together).isCloseTo(whole, within(1e-5 * whole));
      List<float[]> actual = TinyModel.gradients(trainables);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i))
            .as(trainables.parameters().get(i).name())
            .containsExactly(expected.get(i), within((float) (1e-5 * norm)));
      }
      for (int again = 0; again < 3; again++) {
        trainables.clearGradients();
        assertThat(backpropagation.accumulate(halves, 1, 0)).isEqualTo(together);
        assertThat(TinyModel.gradients(trainables)).usingRecursiveComparison().isEqualTo(actual);
      }
    }
  }

  @Test
  void shouldLeaveRandomNumbersAndWeightsToOneThread() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = TinyModel.randomAdapter(model.decoder, LORA, 0.1);
        Trainables adapter = Trainables.of(model.decoder, lora)) {
      TrainingSettings settings = TrainingSettings.DEFAULT;
      assertThat(Backpropagation.canBeDivided(model.decoder, adapter, settings)).isTrue();
      TrainingSettings noisy = settings.with(Regularisation.ofDropout(0.1));
      assertThat(Backpropagation.canBeDivided(model.decoder, adapter, noisy)).isFalse();
    }
    try (TinyModel model = new TinyModel();
        Trainables weights = Trainables.allWeights(model.decoder)) {
      assertThat(Backpropagation.canBeDivided(model.decoder, weights, TrainingSettings.DEFAULT))
          .isFalse();
    }
  }

  private static Optional<Halves> divided(List<TokenizedExample> examples) {
    return Halves.of(row(singles(examples)), HalvesTest::row);
  }

  private static List<Group> singles(List<TokenizedExample> examples) {
    return examples.stream().map(Group::of).toList();
  }

  private static GroupRow row(List<Group> groups) {
    return new GroupRow(
        groups,
        PrefixTreeRow.of(
            groups.stream().flatMap(group -> group.members().stream()).toList(), true));
  }

  /** Examples of these lengths that begin alike for so many tokens. */
  private static List<TokenizedExample> examples(int shared, int... lengths) {
    return IntStream.range(0, lengths.length)
        .mapToObj(
            i ->
                TokenizedExample.targetsFrom(
                    "example " + i,
                    IntStream.range(0, lengths[i])
                        .map(at -> at < shared ? at : 1000 * (i + 1) + at)
                        .toArray(),
                    lengths[i] / 2))
        .toList();
  }

  static ThreadPair pair() {
    return ThreadPair.start()
        .orElseGet(() -> Assumptions.abort("this machine has no even number of processors"));
  }
}
