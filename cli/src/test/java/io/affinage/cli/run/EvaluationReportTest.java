package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.cli.client.ModelSummary;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationCompleted.Comparison;
import io.affinage.events.EvaluationCompleted.Estimate;
import io.affinage.events.Warning;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationReportTest {

  /** As base, SFT and the preference-tuned model are measured beside each other. */
  @Test
  void shouldShowEveryModelWithItsAnswersAndTheirRewards() {
    Map<String, Map<String, Estimate>> variants = new LinkedHashMap<>();
    variants.put("tuned", Map.of("reward", new Estimate(0.75, 0.5, 0.875, 40)));
    variants.put("sft", Map.of("reward", new Estimate(-0.25, -0.5, 0, 40)));
    variants.put("base", Map.of("reward", new Estimate(-1, -1.5, -0.5, 40)));
    EvaluationReport report =
        new EvaluationReport(
            new EvaluationCompleted(
                "e",
                "m",
                1,
                "reward",
                variants,
                new Comparison("reward", 1, 0.5, 1.25, 0.0001),
                List.of(
                    new EvaluationCompleted.Sample(
                        "ask",
                        "right",
                        Map.of("tuned", "kind", "sft", " curt", "base", "noise"),
                        Map.of("tuned", 0.9, "sft", -0.3))),
                40,
                0,
                1,
                null,
                "sft",
                Map.of(
                    "base", new Comparison("reward", 1.75, 1, 2, 0.0001),
                    "sft", new Comparison("reward", 1, 0.5, 1.25, 0.0001)),
                null),
            new ModelSummary.Decision(true, "better"));

    assertThat(report.lines().stream().map(line -> line.replaceAll(" +", " ").strip()))
        .containsSubsequence(
            "base reward -1.000 -1.500 to -0.500 40",
            "sft reward -0.250 -0.500 to 0.000 40",
            "tuned reward 0.750 0.500 to 0.875 40",
            "tuned against base: +1.750 (95% interval 1.000 to 2.000), p < 0.001",
            "tuned against sft: +1.000 (95% interval 0.500 to 1.250), p < 0.001",
            "promoted: better");
    assertThat(report.sampleLines(1).stream().map(String::strip))
        .containsSubsequence(
            "base      noise", "sft       [-0.300] curt", "tuned     [0.900] kind");
    assertThat(report.json())
        .containsEntry("reference", "sft")
        .containsKeys("comparisons", "metrics");
  }

  @Test
  void shouldReadEvaluationsWithoutOthers() {
    EvaluationReport report =
        new EvaluationReport(
            new EvaluationCompleted(
                "e",
                "m",
                1,
                "exact_match",
                Map.of(
                    "tuned", Map.of("exact_match", new Estimate(0.5, 0.25, 0.75, 8)),
                    "base", Map.of("exact_match", new Estimate(0, 0, 0, 8))),
                new Comparison("exact_match", 0.5, 0.25, 0.75, 0.02),
                List.of(),
                8,
                0,
                1,
                null,
                null,
                null,
                null),
            null);

    assertThat(report.lines())
        .contains("tuned against base: +50.0% (95% interval 25.0% to 75.0%), p = 0.020");
    assertThat(report.json()).doesNotContainKey("comparisons");
  }

  /** A reward model is held to chance; what else is told of it are no shares. */
  @Test
  void shouldTellOfARewardModel() {
    Estimate estimate = new Estimate(0.75, 0.5, 0.875, 40);
    EvaluationReport report =
        new EvaluationReport(
            new EvaluationCompleted(
                "e",
                "m",
                1,
                "reward_accuracy",
                Map.of(
                    "tuned",
                    Map.of("reward_accuracy", estimate, "reward_length_correlation", estimate)),
                new Comparison("reward_accuracy", 0.25, 0.1, 0.4, 0.0001),
                List.of(),
                40,
                0,
                1,
                null,
                null,
                null,
                List.of(new Warning("reward_mostly_length", "the reward is mostly length"))),
            new ModelSummary.Decision(true, "better"));

    assertThat(report.lines().stream().map(line -> line.replaceAll(" +", " ").strip()))
        .contains(
            "tuned reward_accuracy 75.0% 50.0% to 87.5% 40",
            "tuned reward_length_correlation 0.750 0.500 to 0.875 40",
            "tuned against chance: +25.0% (95% interval 10.0% to 40.0%), p < 0.001",
            "warning: the reward is mostly length");
    assertThat(report.json()).containsKey("warnings");
  }
}
