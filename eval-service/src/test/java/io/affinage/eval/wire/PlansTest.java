package io.affinage.eval.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.metric.Metric;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.metric.Perplexity;
import io.affinage.eval.run.Plan;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.EvaluationSpec.Gate;
import io.affinage.events.RewardSpec;
import io.affinage.events.spec.Settings;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlansTest {

  @Test
  void shouldFillInEveryDefault() {
    Plan plan = Plans.from(spec(null, null, null, null, null, null));
    assertThat(plan.metrics()).containsExactly(Metrics.EXACT_MATCH);
    assertThat(plan.split()).isEqualTo("test");
    assertThat(plan.maxItems()).isEmpty();
    assertThat(plan.fewShot()).isEqualTo(4);
    assertThat(plan.maxNewTokens()).isEqualTo(64);
    assertThat(plan.gate().minGain()).isNull();
  }

  @Test
  void shouldKeepTheOrderOfMetrics() {
    Plan plan =
        Plans.from(
            spec(List.of("perplexity", "exact_match", "perplexity"), null, null, null, null, null));
    assertThat(plan.metrics()).containsExactly(new Perplexity(), Metrics.EXACT_MATCH);
    assertThat(plan.deciding()).isEqualTo(new Perplexity());
  }

  /** Beside the metric reward, exact_match is what its name says. */
  @Test
  void shouldScoreByTheRewardThatAMetricIsOf() {
    RewardSpec learned = new RewardSpec.Model("tiny:rm:1");
    EvaluationSpec both =
        new EvaluationSpec(
            List.of("exact_match", "reward"), null, null, null, null, learned, null, null, null);
    EvaluationSpec alone =
        new EvaluationSpec(null, null, null, null, null, learned, null, null, null);
    RewardSpec right = new RewardSpec.ExactMatch(false, false);

    assertThat(Plans.reward(both, Metrics.REWARD)).isEqualTo(learned);
    assertThat(Plans.reward(both, Metrics.EXACT_MATCH)).isEqualTo(right);
    assertThat(Plans.reward(alone, Metrics.EXACT_MATCH)).isEqualTo(learned);
    assertThat(Plans.reward(spec(null, null, null, null, null, null), Metrics.EXACT_MATCH))
        .isEqualTo(right);
    refused(spec(List.of("reward"), null, null, null, null, null), "spec.reward");
  }

  @Test
  void shouldRefuseByField() {
    refused(spec(List.of("bleu"), null, null, null, null, null), "spec.metrics");
    refused(spec(List.of(), null, null, null, null, null), "spec.metrics");
    refused(spec(null, 0, null, null, null, null), "spec.maxItems");
    refused(spec(null, null, -1, null, null, null), "spec.fewShot");
    refused(spec(null, null, 65, null, null, null), "spec.fewShot");
    refused(spec(Arrays.asList("perplexity", null), null, null, null, null, null), "spec.metrics");
    refused(
        new EvaluationSpec(null, "tests", null, null, null, null, null, null, null), "spec.split");
    refused(spec(null, null, null, 0, null, null), "spec.maxNewTokens");
    refused(spec(null, null, null, null, List.of("a", "a"), null), "spec.choices");
    refused(spec(null, null, null, null, null, new Gate(Double.NaN, null)), "spec.gate.minGain");
    refused(spec(null, null, null, null, null, new Gate(null, 1.5)), "spec.gate.maxPValue");
    refused(spec(null, null, null, null, null, new Gate(null, 0.0)), "spec.gate.maxPValue");
  }

  @Test
  void shouldTellEverythingThatIsWrongAtOnce() {
    assertThatThrownBy(
            () -> Plans.from(spec(List.of("perplexty"), 0, null, null, null, new Gate(null, -1.0))))
        .hasMessageContaining("metrics has 'perplexty'")
        .hasMessageContaining("did you mean 'perplexity'?")
        .hasMessageContaining("maxItems is 0, must be from 1 on")
        .hasMessageContaining("gate.maxPValue is -1.0, must be from 0 to 1");
  }

  private static void refused(EvaluationSpec spec, String param) {
    assertThatThrownBy(() -> Plans.from(spec))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> {
              assertThat(e.code()).isEqualTo("invalid_spec");
              assertThat(e.param()).isEqualTo(param);
            });
  }

  private static EvaluationSpec spec(
      List<String> metrics,
      Integer maxItems,
      Integer fewShot,
      Integer maxNewTokens,
      List<String> choices,
      Gate gate) {
    return new EvaluationSpec(
        metrics, null, maxItems, fewShot, maxNewTokens, null, choices, gate, null);
  }

  /** Recipes are checked by the names in the specification, before any service is asked. */
  @Test
  void shouldMeasureWhatSpecificationsMayName() {
    assertThat(Metrics.ALL)
        .extracting(Metric::wireName)
        .containsExactlyElementsOf(Settings.find(EvaluationSpec.class, "metrics").words());
  }
}
