package io.affinage.llm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses of pairs as functions of log-probabilities. */
class PreferenceLossTest {
  static Stream<Objective> objectives() {
    return Stream.of(new Dpo(0.3, 0), new Dpo(0.3, 0.1), new Ipo(0.3));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void shouldGiveTheDerivativeOfTheLoss(Objective objective) {
    List<ScoredGroup> groups = pairs(5);
    Loss loss = objective.of(ScoredBatch.whole(groups));
    for (int g = 0; g < groups.size(); g++) {
      for (int m = 0; m < 2; m++) {
        double[] derivative = loss.derivatives().get(g).get(m);
        for (int t = 0; t < derivative.length; t++) {
          double step = 1e-2;
          double slope =
              (moved(objective, groups, g, m, t, step) - moved(objective, groups, g, m, t, -step))
                  / (2 * step);
          assertThat(derivative[t]).isCloseTo(slope, within(5e-5));
        }
      }
    }
  }

  /**
   * Uneven micro-batches equal one batch: loss, derivatives, and metrics weighted by pair: rlhf
   * points 11 and 15.
   */
  @ParameterizedTest
  @MethodSource("objectives")
  void shouldAddUpOverParts(Objective objective) {
    List<ScoredGroup> groups = pairs(7);
    Loss whole = objective.of(ScoredBatch.whole(groups));
    ScoredBatch.Size size = ScoredBatch.whole(groups).step();
    Loss first = objective.of(new ScoredBatch(groups.subList(0, 5), size));
    Loss second = objective.of(new ScoredBatch(groups.subList(5, 7), size));

    assertThat(first.value() + second.value()).isCloseTo(whole.value(), within(1e-12));
    List<List<double[]>> derivatives = new ArrayList<>(first.derivatives());
    derivatives.addAll(second.derivatives());
    assertThat(derivatives).usingRecursiveComparison().isEqualTo(whole.derivatives());
    whole
        .metrics()
        .forEach(
            (name, value) ->
                assertThat(first.metrics().get(name) + second.metrics().get(name))
                    .as(name)
                    .isCloseTo(value, within(1e-12)));
  }

  @Test
  void shouldBeLogOfTwoBeforeAnythingIsLearned() {
    float[] logp = {-1, -2};
    ScoredSequence same = new ScoredSequence(logp, Map.of(Signal.REFERENCE_LOGP, logp));
    ScoredBatch batch = ScoredBatch.whole(List.of(new ScoredGroup(List.of(same, same))));

    Loss loss = new Dpo(0.1, 0.2).of(batch);

    assertThat(loss.value()).isCloseTo(Math.log(2), within(1e-12));
    assertThat(loss.metrics()).containsEntry("rewards/accuracies", 0.0);
  }

  /** Far from zero a sigmoid is 0 or 1, but its logarithm is not infinite. */
  @Test
  void shouldStayFiniteWhereAModelIsSure() {
    for (int sign : new int[] {1, -1}) {
      ScoredSequence likely = sequence(new float[] {-1f}, new float[] {-1f - sign * 5000f});
      ScoredSequence unlikely = sequence(new float[] {-1f}, new float[] {-1f + sign * 5000f});
      Loss loss =
          new Dpo(1, 0).of(ScoredBatch.whole(List.of(new ScoredGroup(List.of(likely, unlikely)))));

      assertThat(loss.value()).isCloseTo(sign > 0 ? 0 : 10_000, within(1e-9));
      assertThat(loss.derivatives().get(0).get(0)[0]).isCloseTo(sign > 0 ? 0 : -1, within(1e-9));
    }
  }

  /**
   * Where truncation has left no prompt the first token is not scored, for nothing predicts it: of
   * prompt 10 11, chosen 20 21 22 and rejected 30 31, cut to their last three tokens, two of each
   * are. TRL 1.16 divides the chosen answer's log-probability by three. rlhf point 4.
   */
  @Test
  void shouldDivideIpoByTheTokensThatAreScored() {
    TokenizedExample chosen = TokenizedExample.targetsFrom("chosen", new int[] {20, 21, 22}, 0);
    TokenizedExample rejected = TokenizedExample.targetsFrom("rejected", new int[] {11, 30, 31}, 1);
    assertThat(List.of(chosen.targetCount(), rejected.targetCount())).containsExactly(2, 2);
    ScoredGroup pair =
        new ScoredGroup(
            List.of(
                sequence(new float[] {-1, -2}, new float[] {-2, -3}),
                sequence(new float[] {-2, -1}, new float[] {-1, -1})));

    Loss loss = new Ipo(0.5).of(ScoredBatch.whole(List.of(pair)));

    assertThat(loss.value()).isCloseTo(Math.pow(2 / 2.0 + 1 / 2.0 - 1, 2), within(1e-12));
  }

  /** One long answer of many tokens counts as one pair, as a short one does: rlhf point 15. */
  @Test
  void shouldCountPairsNotTokensInAccuracy() {
    ScoredGroup right = pair(new float[300], -2f, new float[1], 0f);
    ScoredGroup wrong = pair(new float[1], -0f, new float[2], -1f);

    Loss loss = new Dpo(0.1, 0).of(ScoredBatch.whole(List.of(right, wrong, wrong)));

    assertThat(loss.metrics().get("rewards/accuracies")).isCloseTo(1.0 / 3, within(1e-12));
  }

  /** A cut that goes unnoticed would sum over different tokens on the two sides. */
  @Test
  void shouldRefuseSignalsOfAnotherLength() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sequence(new float[3], new float[2]))
        .withMessage("REFERENCE_LOGP has 2 values for 3 targets");
  }

  @Test
  void shouldRefuseWhatIsNoPair() {
    TokenizedExample example = TokenizedExample.targetsFrom("a", new int[] {1, 2, 3}, 1);
    TokenizedExample empty = new TokenizedExample("b", new int[] {1, 2, 3}, new int[0]);
    for (Group group : List.of(Group.of(example), Group.pair(example, empty))) {
      assertThatThrownBy(() -> new Dpo(0.1, 0).requireFit(group))
          .isInstanceOf(LlmException.class)
          .hasFieldOrPropertyWithValue("code", "group_does_not_fit");
    }
  }

  @Test
  void shouldMakeObjectivesByName() {
    assertThat(Objectives.of("dpo", Map.of("beta", 0.2, "labelSmoothing", 0.1)))
        .isEqualTo(new Dpo(0.2, 0.1));
    assertThat(Objectives.of("ipo", Map.of("beta", 0.2))).isEqualTo(new Ipo(0.2));
    assertCode("objective_unknown", () -> Objectives.of("dpoo", Map.of()));
    assertCode("objective_invalid", () -> Objectives.of("dpo", Map.of("beta", 0.2)));
    assertCode(
        "objective_invalid",
        () -> Objectives.of("dpo", Map.of("beta", 0.2, "labelSmoothing", 0, "gamma", 1)));
    assertCode(
        "objective_invalid", () -> Objectives.of("dpo", Map.of("beta", -1, "labelSmoothing", 0)));
  }

  private static void assertCode(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(LlmException.class)
        .hasFieldOrPropertyWithValue("code", code);
  }

  private static double moved(
      Objective objective, List<ScoredGroup> groups, int g, int m, int t, double step) {
    List<ScoredGroup> changed = new ArrayList<>(groups);
    List<ScoredSequence> members = new ArrayList<>(groups.get(g).members());
    float[] logp = members.get(m).logp().clone();
    logp[t] += (float) step;
    members.set(m, new ScoredSequence(logp, members.get(m).signals()));
    changed.set(g, new ScoredGroup(members));
    return objective.of(ScoredBatch.whole(changed)).value();
  }

  private static List<ScoredGroup> pairs(int count) {
    Random random = new Random(3);
    List<ScoredGroup> groups = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<ScoredSequence> members = new ArrayList<>();
      for (int m = 0; m < 2; m++) {
        float[] logp = new float[1 + random.nextInt(6)];
        float[] reference = new float[logp.length];
        for (int t = 0; t < logp.length; t++) {
          reference[t] = -3 * random.nextFloat();
          logp[t] = Math.min(0, reference[t] + (float) random.nextGaussian());
        }
        members.add(sequence(logp, reference));
      }
      groups.add(new ScoredGroup(members));
    }
    return groups;
  }

  private static ScoredGroup pair(
      float[] chosen, float chosenReference, float[] rejected, float rejectedReference) {
    float[] ofChosen = new float[chosen.length];
    ofChosen[0] = chosenReference;
    float[] ofRejected = new float[rejected.length];
    ofRejected[0] = rejectedReference;
    return new ScoredGroup(List.of(sequence(chosen, ofChosen), sequence(rejected, ofRejected)));
  }

  private static ScoredSequence sequence(float[] logp, float[] reference) {
    return new ScoredSequence(logp, Map.of(Signal.REFERENCE_LOGP, reference));
  }
}
