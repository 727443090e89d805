package io.affinage.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.EvaluationDataset;
import io.affinage.eval.metric.Estimate;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.model.RewardScorer;
import io.affinage.eval.wire.Plans;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.NormalRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a reward model. */
class RewardEvaluationTest {
  @TempDir Path folder;
  private ArtifactStore store;
  private final List<String> progress = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    store = ArtifactStores.open(folder.resolve("store").toString());
  }

  /** Scores by a function of the answer; a length is its characters; none for what is too long. */
  private record Scripted(ToDoubleFunction<String> score) implements RewardScorer {
    @Override
    public List<Optional<Score>> scores(List<Answered> answers, IntConsumer done) {
      done.accept(answers.size());
      return answers.stream()
          .map(Answered::answer)
          .map(
              answer ->
                  answer.equals("too long")
                      ? Optional.<Score>empty()
                      : Optional.of(new Score(score.applyAsDouble(answer), answer.length())))
          .toList();
    }

    @Override
    public void close() {}
  }

  private static NormalRow pair(int i, String chosen, String rejected) {
    return new NormalRow(
        "%04d".formatted(i),
        null,
        "q" + i,
        null,
        null,
        null,
        null,
        chosen,
        rejected,
        null,
        null,
        null);
  }

  private Findings run(List<NormalRow> rows, ToDoubleFunction<String> score) throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    StringBuilder lines = new StringBuilder();
    for (NormalRow row : rows) {
      lines.append(new ObjectMapper().writeValueAsString(row)).append('\n');
    }
    Files.writeString(dataset.resolve("test.jsonl"), lines.toString());
    return new RewardEvaluation(
            Plans.from(
                new EvaluationSpec(null, null, null, null, null, null, null, null, null), true),
            new EvaluationDataset(store, store.putFolder(dataset).digest()),
            new Scripted(score),
            (variant, done, total) -> progress.add(variant.wireName() + " " + done + "/" + total))
        .run();
  }

  @Test
  void shouldTellAccuracyMarginAndWhatLengthAloneWouldDo() throws IOException {
    List<NormalRow> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      // In three of four the better answer has the higher score, in half it is the longer one.
      String good = i % 4 == 0 ? "low" : "high";
      rows.add(pair(i, good + (i % 2 == 0 ? "......" : ""), "mid" + (i % 2 == 0 ? "" : ".......")));
    }
    rows.add(pair(40, "high", "too long"));

    Findings findings =
        run(rows, answer -> answer.startsWith("high") ? 2 : answer.startsWith("mid") ? 1 : 0);

    Map<String, Estimate> found = findings.estimates().get(Variant.TUNED);
    assertThat(found.get("reward_accuracy").score()).isEqualTo(0.75);
    assertThat(found.get("reward_accuracy").low()).isBetween(0.55, 0.7);
    assertThat(found.get("reward_accuracy").high()).isBetween(0.8, 0.9);
    assertThat(found.get("reward_margin").score()).isCloseTo(0.5, within(1e-12));
    assertThat(found.get("length_only_accuracy").score()).isEqualTo(0.5);
    assertThat(Math.abs(found.get("reward_length_correlation").score())).isLessThan(0.3);
    assertThat(findings.items()).isEqualTo(40);
    assertThat(findings.leftOut()).isEqualTo(1);
    assertThat(findings.warnings()).isEmpty();
    assertThat(findings.comparison().orElseThrow().gain()).isEqualTo(0.25);
    assertThat(findings.decision().promoted()).isTrue();
    assertThat(findings.decision().reason()).contains("reward_accuracy", "over chance");
    assertThat(findings.samples()).hasSize(5);
    assertThat(progress).containsExactly("tuned 0/82", "tuned 82/82");
  }

  @Test
  void shouldNameARewardThatIsMostlyLength() throws IOException {
    List<NormalRow> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      rows.add(pair(i, "x".repeat(10 + i), "x".repeat(3 + i)));
    }

    Findings findings = run(rows, answer -> 0.1 * answer.length() - 3);

    Map<String, Estimate> found = findings.estimates().get(Variant.TUNED);
    assertThat(found.get("reward_length_correlation").score()).isCloseTo(1, within(1e-9));
    assertThat(found.get("length_only_accuracy").score()).isEqualTo(1);
    assertThat(findings.warnings())
        .singleElement()
        .satisfies(
            warning -> {
              assertThat(warning.code()).isEqualTo("reward_mostly_length");
              assertThat(warning.message()).contains("100%", "correlation 1.00");
            });
  }

  /** A coin is right in half of the pairs, and equal scores count half. */
  @Test
  void shouldRejectWhatIsNoBetterThanChance() throws IOException {
    List<NormalRow> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      rows.add(pair(i, "good", "bad"));
    }

    Findings findings = run(rows, answer -> 1);

    assertThat(findings.estimates().get(Variant.TUNED).get("reward_accuracy").score())
        .isEqualTo(0.5);
    assertThat(findings.decision().promoted()).isFalse();
  }

  @Test
  void shouldRefuseRowsThatAreNoPairsAndMetricsOfOtherModels() {
    NormalRow row =
        new NormalRow("a", null, "q", "answer", null, null, null, null, null, null, null, null);
    assertThatThrownBy(() -> run(List.of(row), answer -> 1))
        .isInstanceOfSatisfying(
            EvaluationException.class, e -> assertThat(e.code()).isEqualTo("invalid_spec"))
        .hasMessageContaining("layout preference");

    assertThat(plan(null, true).deciding()).isEqualTo(Metrics.REWARD_ACCURACY);
    assertThatThrownBy(() -> plan(List.of("reward_accuracy", "perplexity"), true))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> assertThat(e.code()).isEqualTo("metric_needs_language_model"))
        .hasMessageContaining("perplexity");
    assertThatThrownBy(() -> plan(List.of("reward_accuracy"), false))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> assertThat(e.code()).isEqualTo("metric_needs_reward_model"));
  }

  private static Plan plan(List<String> metrics, boolean rewardModel) {
    return Plans.from(
        new EvaluationSpec(metrics, null, null, null, null, null, null, null, null), rewardModel);
  }
}
