package io.affinage.llm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** GRPO, RLOO and their advantages, beside TRL's own code ({@code policy_gradient_fixtures.py}). */
class PolicyGradientTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode GOLDEN = golden();

  private static JsonNode golden() {
    try (InputStream in =
        PolicyGradientTest.class.getResourceAsStream("/objectives/policy-gradients.json")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** An objective and what TRL says of it. */
  record Case(Objective objective, JsonNode expected) {
    @Override
    public String toString() {
      return objective.toString();
    }
  }

  static Stream<Case> cases() {
    return Stream.of("grpo", "rloo")
        .flatMap(
            id -> {
              List<Case> cases = new ArrayList<>();
              for (JsonNode each : GOLDEN.get(id)) {
                Map<String, Object> settings =
                    JSON.convertValue(
                        each.get("settings"),
                        JSON.getTypeFactory()
                            .constructMapType(Map.class, String.class, Object.class));
                cases.add(new Case(Objectives.of(id, settings), each));
              }
              return cases.stream();
            });
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }

  private static List<ScoredGroup> groups() {
    int size = GOLDEN.get("groupSize").asInt();
    List<ScoredGroup> groups = new ArrayList<>();
    List<ScoredSequence> members = new ArrayList<>();
    for (int i = 0; i < GOLDEN.get("logps").size(); i++) {
      float[] logp = floats(GOLDEN.get("logps").get(i));
      float[] advantage = new float[logp.length];
      Arrays.fill(advantage, (float) GOLDEN.get("advantages").get(i).asDouble());
      members.add(
          new ScoredSequence(
              logp,
              Map.of(
                  Signal.OLD_LOGP, floats(GOLDEN.get("oldLogps").get(i)),
                  Signal.REFERENCE_LOGP, floats(GOLDEN.get("referenceLogps").get(i)),
                  Signal.ADVANTAGE, advantage)));
      if (members.size() == size) {
        groups.add(new ScoredGroup(members));
        members.clear();
      }
    }
    return groups;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldEqualTrl(Case each) {
    List<ScoredGroup> groups = groups();
    Loss loss = each.objective().of(ScoredBatch.whole(groups));
    assertThat(loss.value()).isCloseTo(each.expected().get("loss").asDouble(), within(1e-6));
    int sequence = 0;
    for (int g = 0; g < groups.size(); g++) {
      for (double[] derivative : loss.derivatives().get(g)) {
        JsonNode expected = each.expected().get("derivatives").get(sequence++);
        assertThat(derivative).hasSize(expected.size());
        for (int t = 0; t < derivative.length; t++) {
          assertThat(derivative[t])
              .as("derivative %d of answer %d", t, sequence - 1)
              .isCloseTo(expected.get(t).asDouble(), within(1e-6));
        }
      }
    }
    each.expected()
        .get("metrics")
        .properties()
        .forEach(
            metric ->
                assertThat(loss.metrics().get(metric.getKey()))
                    .as(metric.getKey())
                    .isCloseTo(metric.getValue().asDouble(), within(1e-6)));
  }

  /** Whatever the micro-batches are: rlhf point 11. */
  @ParameterizedTest
  @MethodSource("cases")
  void shouldAddUpOverParts(Case each) {
    List<ScoredGroup> groups = groups();
    ScoredBatch whole = ScoredBatch.whole(groups);
    double parts = 0;
    Map<String, Double> metrics = new HashMap<>();
    List<List<double[]>> derivatives = new ArrayList<>();
    for (ScoredGroup group : groups) {
      Loss part = each.objective().of(new ScoredBatch(List.of(group), whole.step()));
      parts += part.value();
      part.metrics().forEach((name, share) -> Loss.tell(metrics, name, share));
      derivatives.addAll(part.derivatives());
    }
    Loss together = each.objective().of(whole);
    assertThat(metrics.keySet()).isEqualTo(together.metrics().keySet());
    metrics.forEach(
        (name, value) ->
            assertThat(value).as(name).isCloseTo(together.metrics().get(name), within(1e-12)));
    assertThat(parts).isCloseTo(together.value(), within(1e-12));
    assertThat(derivatives).usingRecursiveComparison().isEqualTo(together.derivatives());
  }

  /** An answer so unlikely under the old model that the ratio overflows is clipped, not NaN. */
  @ParameterizedTest
  @MethodSource("cases")
  void shouldStayFiniteWhereTheRatioIsNot(Case each) {
    float[] advantages = {1, 1};
    ScoredSequence far =
        new ScoredSequence(
            new float[] {-0.1f, -0.1f},
            Map.of(
                Signal.OLD_LOGP, new float[] {-2000, -2000},
                Signal.REFERENCE_LOGP, new float[] {-0.1f, -0.1f},
                Signal.ADVANTAGE, advantages));
    ScoredSequence none =
        new ScoredSequence(
            new float[] {-0.1f, -0.1f},
            Map.of(
                Signal.OLD_LOGP, new float[] {-0.1f, -0.1f},
                Signal.REFERENCE_LOGP, new float[] {-0.1f, -0.1f},
                Signal.ADVANTAGE, new float[2]));
    Loss loss =
        each.objective().of(ScoredBatch.whole(List.of(new ScoredGroup(List.of(far, none)))));
    assertThat(loss.value()).isFinite();
    assertThat(loss.derivatives().get(0).get(0)).containsOnly(0);
    assertThat(loss.derivatives().get(0).get(1)).containsOnly(0);
  }

  /**
   * Of the answers the one that is clipped least, which is 0 as long as one is not clipped at all.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void shouldTellTheLeastClippedAnswer(Case each) {
    ScoredSequence unlikely = answer(new float[] {-4, -4});
    ScoredSequence half = answer(new float[] {-4, -0.1f});
    Map<String, Double> all =
        each.objective()
            .of(ScoredBatch.whole(List.of(new ScoredGroup(List.of(unlikely, unlikely)))))
            .metrics();
    assertThat(all).containsEntry("clip_ratio/low_min", 1.0);
    assertThat(all).containsEntry("clip_ratio/high_max", 0.0);
    Map<String, Double> some =
        each.objective()
            .of(ScoredBatch.whole(List.of(new ScoredGroup(List.of(unlikely, half)))))
            .metrics();
    // By token half of the second answer; the ratio of a whole answer is clipped at all or not.
    assertThat(some.get("clip_ratio/low_min")).isIn(0.5, 1.0);
    assertThat(some.get("clip_ratio/low_min")).isLessThanOrEqualTo(some.get("clip_ratio/low_mean"));
  }

  /** One that had better not be repeated. */
  private static ScoredSequence answer(float[] logp) {
    return new ScoredSequence(
        logp,
        Map.of(
            Signal.OLD_LOGP, new float[] {-0.1f, -0.1f},
            Signal.REFERENCE_LOGP, new float[] {-0.1f, -0.1f},
            Signal.ADVANTAGE, new float[] {-1, -1}));
  }

  @Test
  void shouldRefuseAGroupOfOne() {
    Group alone = Group.of(new TokenizedExample("a", new int[] {1, 2}, new int[] {1, 2}));
    for (Objective objective : cases().map(Case::objective).toList()) {
      assertThatThrownBy(() -> objective.requireFit(alone)).hasMessageContaining("group of one");
    }
  }

  @Test
  void shouldCompareAnswersWithinTheirGroup() {
    List<double[]> rewards = List.of(new double[] {1, 2, 3}, new double[] {5, 5, 5});
    double deviation = 1 + 1e-4;
    assertThat(Advantages.ofGroups(rewards, Advantages.Scale.GROUP).get(0))
        .containsExactly(new double[] {-1 / deviation, 0, 1 / deviation}, within(1e-12));
    assertThat(Advantages.ofGroups(rewards, Advantages.Scale.GROUP).get(1)).containsOnly(0);
    assertThat(Advantages.ofGroups(rewards, Advantages.Scale.NONE).get(0))
        .containsExactly(-1, 0, 1);
    // Variance of 1, 2, 3, 5, 5, 5 with n - 1: 15.5 / 5.
    assertThat(Advantages.ofGroups(rewards, Advantages.Scale.BATCH).get(0)[2])
        .isCloseTo(1 / (Math.sqrt(3.1) + 1e-4), within(1e-12));
    assertThat(Advantages.leaveOneOut(rewards, false).get(0)).containsExactly(-1.5, 0, 1.5);
  }

  /** A score of 0 is a score; what could not be scored moves neither baseline nor policy. */
  @Test
  void shouldLeaveOutWhatHasNoScore() {
    List<double[]> rewards = List.of(new double[] {0, 2, Double.NaN});
    assertThat(Advantages.ofGroups(rewards, Advantages.Scale.NONE).get(0))
        .containsExactly(-1, 1, 0);
    assertThat(Advantages.leaveOneOut(rewards, false).get(0)).containsExactly(-2, 2, 0);
    assertThat(Advantages.leaveOneOut(List.of(new double[] {3, Double.NaN}), false).get(0))
        .containsExactly(0, 0);
  }
}
