package io.affinage.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.eval.EvaluationException;
import io.affinage.eval.dataset.EvaluationDataset;
import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.AnswerMetric;
import io.affinage.eval.metric.Estimate;
import io.affinage.eval.metric.ImplicitRewardAccuracy;
import io.affinage.eval.metric.Metric;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.metric.MultipleChoice;
import io.affinage.eval.metric.Perplexity;
import io.affinage.eval.metric.PreferenceAccuracy;
import io.affinage.eval.model.EvaluatedModel;
import io.affinage.eval.model.ModelPair;
import io.affinage.eval.model.Prompt;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  @TempDir Path folder;
  private ArtifactStore store;
  private final List<String> progress = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    store = ArtifactStores.open(folder.resolve("store").toString());
  }

  /** "n?" is answered by n even or odd. */
  private static String right(String question) {
    int n = Integer.parseInt(question.replaceAll("\\D", ""));
    return n % 2 == 0 ? "even" : "odd";
  }

  private final ScriptedModel always =
      new ScriptedModel(p -> "even", q -> q.continuation().equals("even") ? -1 : -2, 10_000);
  private final ScriptedModel knows =
      new ScriptedModel(
          p -> right(lastLine(p)),
          q -> right(lastLine(q.prompt())).equals(q.continuation()) ? -0.5 : -3,
          10_000);

  private static String lastLine(Prompt prompt) {
    String text = ScriptedModel.text(prompt);
    return text.substring(text.lastIndexOf('\n') + 1);
  }

  @Test
  void shouldMeasureCompareAndPromote() throws IOException {
    Findings findings =
        evaluation(
                plan(List.of(Metrics.EXACT_MATCH, new MultipleChoice(), new Perplexity())),
                rows(40),
                always,
                knows)
            .run();
    assertThat(findings.items()).isEqualTo(40);
    assertThat(findings.leftOut()).isZero();
    assertThat(findings.estimates().get(Variant.BASE).get("exact_match").score()).isEqualTo(0.5);
    assertThat(findings.estimates().get(Variant.TUNED).get("exact_match").score()).isEqualTo(1);
    assertThat(findings.estimates().get(Variant.BASE).get("multiple_choice").score())
        .isEqualTo(0.5);
    assertThat(findings.estimates().get(Variant.TUNED).get("multiple_choice").score()).isEqualTo(1);
    assertThat(findings.estimates().get(Variant.TUNED).get("multiple_choice_normalized").n())
        .isEqualTo(40);
    // 20 x "even" (4 tokens) and 20 x "odd" (3 tokens), 0.5 nats each when known.
    assertThat(findings.estimates().get(Variant.TUNED).get("perplexity").score())
        .isCloseTo(Math.exp(40 * 0.5 / 140), within(1e-9));
    assertThat(findings.estimates().get(Variant.BASE).get("perplexity").score())
        .isCloseTo(Math.exp((20 * 1 + 20 * 2) / 140.0), within(1e-9));
    assertThat(findings.comparison().orElseThrow().gain()).isEqualTo(0.5);
    assertThat(findings.comparison().orElseThrow().low()).isGreaterThan(0.3);
    assertThat(findings.comparison().orElseThrow().pValue())
        .isCloseTo(2 * Math.pow(0.5, 20), within(1e-12));
    assertThat(findings.decision().promoted()).isTrue();
    assertThat(findings.decision().reason()).contains("exact_match", "0.5", "p = 1.91e-06");
    assertThat(findings.samples()).hasSize(5);
    assertThat(findings.samples().get(0).answers())
        .containsOnlyKeys(Variant.BASE, Variant.PROMPTED, Variant.TUNED);
    // 40 answers and 80 likelihoods: the right choice's is perplexity's too.
    assertThat(progress).contains("base 0/120", "prompted 120/120", "tuned 120/120");
  }

  @Test
  void shouldTakePerplexitysRelativeFallAsGain() throws IOException {
    Findings findings = evaluation(plan(List.of(new Perplexity())), rows(10), always, knows).run();
    double base = findings.estimates().get(Variant.BASE).get("perplexity").score();
    double tuned = findings.estimates().get(Variant.TUNED).get("perplexity").score();
    assertThat(findings.comparison().orElseThrow().gain())
        .isCloseTo(1 - tuned / base, within(1e-12));
    assertThat(findings.samples().get(0).answers().get(Variant.BASE)).isEqualTo("even");
  }

  /** The base ranks by length, and so does the tuned model; what training changed is right. */
  @Test
  void shouldGateOnTheImplicitReward() throws IOException {
    ScriptedModel before = new ScriptedModel(p -> "even", q -> -q.continuation().length(), 10_000);
    ScriptedModel after =
        new ScriptedModel(
            p -> "even",
            q -> (q.continuation().startsWith("good") ? 0.1 : 0) - q.continuation().length(),
            10_000);
    List<NormalRow> pairs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      pairs.add(preference(i, "good and long", "bad"));
    }
    Plan strict =
        new Plan(
            List.of(new ImplicitRewardAccuracy(), new PreferenceAccuracy()),
            "test",
            Optional.empty(),
            0,
            8,
            List.of(),
            new PromotionGate(0.1, 0.05),
            1);
    Findings findings = evaluation(strict, pairs, before, after).run();
    Map<String, Estimate> base = findings.estimates().get(Variant.BASE);
    Map<String, Estimate> tuned = findings.estimates().get(Variant.TUNED);
    assertThat(base.get("implicit_reward_accuracy").score()).isEqualTo(0.5);
    assertThat(tuned.get("implicit_reward_accuracy").score()).isEqualTo(1);
    assertThat(tuned.get("implicit_reward_margin").score()).isCloseTo(0.1, within(1e-9));
    assertThat(tuned.get("preference_accuracy").score()).isZero();
    assertThat(findings.comparison().orElseThrow().gain()).isEqualTo(0.5);
    // The sign test of one half: 10 of 10, two-sided.
    assertThat(findings.comparison().orElseThrow().pValue())
        .isCloseTo(2 * Math.pow(0.5, 10), within(1e-12));
    assertThat(findings.decision().promoted()).isTrue();
    assertThat(findings.decision().reason())
        .contains("implicit_reward_accuracy: gain 0.5", "over one half");
    // Both metrics ask for the same answers, which are asked once: 5 samples, 20 likelihoods.
    assertThat(progress).contains("tuned 25/25");

    assertThat(evaluation(strict, pairs, before, before).run().decision().promoted()).isFalse();
    assertThatThrownBy(() -> evaluation(strict, pairs, null, after).run())
        .isInstanceOfSatisfying(
            EvaluationException.class, e -> assertThat(e.code()).isEqualTo("invalid_spec"))
        .hasMessageContaining("implicit_reward_accuracy");
  }

  private static NormalRow preference(int i, String chosen, String rejected) {
    return new NormalRow(
        "p" + i, null, i + "?", null, null, null, null, chosen, rejected, null, null, null);
  }

  /** One pair is like another, however long its answers; what is no pair is left out. */
  @Test
  void shouldMeasureHowManyPairsAreRankedRight() throws IOException {
    List<NormalRow> rows = new ArrayList<>(rows(3));
    for (int i = 0; i < 20; i++) {
      rows.add(preference(i, right(i + "?"), "no idea"));
    }
    ScriptedModel likesEven =
        new ScriptedModel(
            p -> "even",
            q -> q.continuation().equals("even") ? -1 : q.continuation().equals("odd") ? -5 : -2,
            10_000);
    ScriptedModel likesAll =
        new ScriptedModel(p -> "even", q -> q.continuation().equals("no idea") ? -9 : -1, 10_000);
    Findings findings =
        evaluation(plan(List.of(new PreferenceAccuracy())), rows, likesEven, likesAll).run();
    assertThat(findings.items()).isEqualTo(20);
    assertThat(findings.leftOut()).isEqualTo(3);
    assertThat(findings.estimates().get(Variant.BASE).get("preference_accuracy").score())
        .isEqualTo(0.5);
    assertThat(findings.estimates().get(Variant.BASE).get("preference_margin").score())
        .isCloseTo(-1, within(1e-12));
    assertThat(findings.estimates().get(Variant.TUNED).get("preference_accuracy").score())
        .isEqualTo(1);
    assertThat(findings.comparison().orElseThrow().gain()).isEqualTo(0.5);
    assertThat(code(plan(List.of(new PreferenceAccuracy())), rows(2))).isEqualTo("invalid_spec");
  }

  @Test
  void shouldRejectAModelThatIsNoBetter() throws IOException {
    Findings worse = evaluation(plan(List.of(Metrics.EXACT_MATCH)), rows(40), knows, always).run();
    assertThat(worse.decision().promoted()).isFalse();
    Findings same = evaluation(plan(List.of(Metrics.EXACT_MATCH)), rows(40), always, always).run();
    assertThat(same.decision().promoted()).isFalse();
    assertThat(same.comparison().orElseThrow().pValue()).isEqualTo(1);
  }

  @Test
  void shouldNotBeSureOfFewItems() throws IOException {
    Plan strict =
        new Plan(
            List.of(Metrics.EXACT_MATCH),
            "test",
            Optional.empty(),
            0,
            8,
            List.of(),
            new PromotionGate(0.1, 0.05),
            1);
    Findings few = evaluation(strict, rows(6), always, knows).run();
    assertThat(few.comparison().orElseThrow().gain()).isEqualTo(0.5);
    assertThat(few.decision().promoted()).isFalse();
    assertThat(few.decision().reason()).contains("not sure enough");
    assertThat(few.estimates()).doesNotContainKey(Variant.PROMPTED);
  }

  @Test
  void shouldShowThePromptedBaseExamplesOfTheTrainSplit() throws IOException {
    List<String> seen = new ArrayList<>();
    ScriptedModel listening =
        new ScriptedModel(
            p -> {
              seen.add(ScriptedModel.text(p));
              return "odd";
            },
            q -> -1,
            10_000);
    evaluation(plan(List.of(Metrics.EXACT_MATCH)), rows(2), listening, knows).run();
    assertThat(seen.subList(0, 2)).allSatisfy(text -> assertThat(text).matches("\\d+\\?"));
    assertThat(seen.subList(2, 4))
        .allSatisfy(text -> assertThat(text).matches("(?s)(1\\d\\d\\?(odd|even)\n\n){4}\\d+\\?"));
  }

  @Test
  void shouldShowExamplesAsTurnsOfAChat() throws IOException {
    List<String> seen = new ArrayList<>();
    ScriptedModel listening =
        new ScriptedModel(
            p -> {
              seen.add(ScriptedModel.text(p));
              return "odd";
            },
            q -> -1,
            10_000);
    evaluation(plan(List.of(Metrics.EXACT_MATCH)), chats(1), listening, listening).run();
    assertThat(seen.get(1)).matches("systemS(user1\\d\\d\\?assistant(odd|even)){4}user\\d+\\?");
    assertThat(seen.get(2)).matches("systemSuser\\d+\\?");
  }

  @Test
  void shouldLeaveOutAndCountWhatIsOverTheBoundOrTooLong() throws IOException {
    Plan few =
        new Plan(
            List.of(Metrics.EXACT_MATCH),
            "test",
            Optional.of(7),
            0,
            8,
            List.of(),
            new PromotionGate(null, null),
            1);
    Findings bounded = evaluation(few, rows(40), always, knows).run();
    assertThat(bounded.items()).isEqualTo(7);
    assertThat(bounded.leftOut()).isEqualTo(33);

    List<NormalRow> rows = rows(4);
    rows.add(new NormalRow("ffff", null, "x".repeat(200) + "2?", "even", null, null, null));
    ScriptedModel small = new ScriptedModel(p -> "even", q -> -1, 100);
    Findings fitting = evaluation(plan(List.of(Metrics.EXACT_MATCH)), rows, small, small).run();
    assertThat(fitting.items()).isEqualTo(4);
    assertThat(fitting.leftOut()).isEqualTo(1);
  }

  @Test
  void shouldPairOnlyItemsThatEveryVariantHasAScoreFor() throws IOException {
    Scorer gaps =
        (metric, items, answers) -> {
          Map<Variant, List<Double>> scores = new LinkedHashMap<>(exact(metric, items, answers));
          List<Double> tuned = new ArrayList<>(scores.get(Variant.TUNED));
          tuned.set(0, null);
          scores.put(Variant.TUNED, tuned);
          return scores;
        };
    Findings findings =
        new Evaluation(
                plan(List.of(Metrics.EXACT_MATCH)),
                dataset(rows(10)),
                pair(always, knows),
                gaps,
                this::heard)
            .run();
    assertThat(findings.estimates().get(Variant.BASE).get("exact_match").n()).isEqualTo(9);
    assertThat(findings.estimates().get(Variant.TUNED).get("exact_match").n()).isEqualTo(9);
  }

  @Test
  void shouldMeasureAModelFromScratchAlone() throws IOException {
    Findings findings =
        new Evaluation(
                plan(List.of(new Perplexity())),
                dataset(
                    List.of(new NormalRow("a", "a whole document", null, null, null, null, null))),
                pair(null, always),
                EvaluationTest::exact,
                this::heard)
            .run();
    assertThat(findings.estimates()).containsOnlyKeys(Variant.TUNED);
    assertThat(findings.comparison()).isEmpty();
    assertThat(findings.samples()).isEmpty();
  }

  /** Of questions alone the reward can be measured, and nothing that compares with an answer. */
  @Test
  void shouldMeasureTheRewardOfAnswersToQuestionsAlone() throws IOException {
    List<NormalRow> questions = new ArrayList<>();
    for (NormalRow row : rows(10)) {
      questions.add(new NormalRow(row.id(), null, row.prompt(), null, null, null, null));
    }
    Scorer lengths =
        (metric, items, answers) -> {
          assertThat(items).noneMatch(Item::isAnswered);
          Map<Variant, List<Double>> scores = new LinkedHashMap<>();
          answers.forEach(
              (variant, texts) ->
                  scores.put(variant, texts.stream().map(t -> 1.0 * t.length()).toList()));
          return scores;
        };
    Findings findings =
        new Evaluation(
                plan(List.of(Metrics.REWARD)),
                dataset(questions),
                pair(knows, always),
                lengths,
                this::heard)
            .run();
    assertThat(findings.estimates().get(Variant.TUNED).get("reward").score()).isEqualTo(4);
    for (Metric metric : List.of(Metrics.EXACT_MATCH, new Perplexity())) {
      assertThatThrownBy(
              () ->
                  evaluation(plan(List.of(Metrics.REWARD, metric)), questions, knows, always).run())
          .isInstanceOf(EvaluationException.class)
          .hasMessageContaining("without an answer");
    }
  }

  /** Base, SFT and preference-tuned side by side; the SFT model is what was trained on. */
  @Test
  void shouldMeasureOtherModelsBesideIt() throws IOException {
    ScriptedModel silent = new ScriptedModel(p -> "", q -> -3, 10_000);
    Map<String, EvaluatedModel> compared = new LinkedHashMap<>();
    compared.put("base", silent);
    compared.put("sft", always);
    Plan plan = plan(List.of(Metrics.EXACT_MATCH, Metrics.REWARD));
    Scorer lengths =
        (metric, items, answers) -> {
          Map<Variant, List<Double>> scores = exact(metric, items, answers);
          if (metric.equals(Metrics.REWARD)) {
            answers.forEach(
                (variant, texts) ->
                    scores.put(variant, texts.stream().map(t -> -1.5 * t.length()).toList()));
          }
          return scores;
        };

    Findings findings =
        new Evaluation(
                plan,
                dataset(rows(40)),
                new Models(Optional.of(always), knows, compared, Optional.of("sft")),
                lengths,
                this::heard)
            .run();

    Variant sft = new Variant("sft");
    assertThat(findings.estimates().keySet())
        .containsExactly(Variant.BASE, sft, Variant.PROMPTED, Variant.TUNED);
    assertThat(findings.reference()).contains(sft);
    assertThat(findings.estimates().get(Variant.BASE).get("exact_match").score()).isZero();
    assertThat(findings.estimates().get(sft).get("exact_match").score()).isEqualTo(0.5);
    assertThat(findings.estimates().get(sft).get("reward").score()).isEqualTo(-6);
    // Silence is worth 0 and every answer less; the tuned model's answers are as long as sft's.
    assertThat(findings.estimates().get(Variant.BASE).get("win_rate").score()).isEqualTo(1);
    assertThat(findings.estimates().get(sft).get("win_rate").score()).isEqualTo(0.5);
    assertThat(findings.estimates().get(Variant.BASE).get("answer_characters").score()).isZero();
    assertThat(findings.estimates().get(sft).get("answer_characters").score()).isEqualTo(4);
    assertThat(findings.estimates().get(Variant.TUNED)).containsKeys("win_rate", "exact_match");
    assertThat(findings.comparison().orElseThrow().gain()).isEqualTo(0.5);
    assertThat(findings.comparisons().get(Variant.BASE).gain()).isEqualTo(1);
    assertThat(findings.comparisons().get(sft)).isEqualTo(findings.comparison().orElseThrow());
    assertThat(findings.samples().get(0).scores())
        .containsEntry(sft, -6.0)
        .containsEntry(Variant.BASE, -0.0);
    assertThat(progress.stream().filter(line -> line.startsWith("sft 0/"))).hasSize(1);

    Findings apart =
        new Evaluation(
                plan,
                dataset(rows(40)),
                new Models(Optional.of(always), knows, Map.of("base", silent), Optional.empty()),
                lengths,
                this::heard)
            .run();
    assertThat(apart.reference()).contains(Variant.PARENT);
    assertThat(apart.estimates()).containsKeys(Variant.BASE, Variant.PARENT, Variant.TUNED);
    assertThat(apart.comparison().orElseThrow().gain()).isEqualTo(0.5);
  }

  @Test
  void shouldFailWithACode() {
    List<NormalRow> text = List.of(new NormalRow("a", "a document", null, null, null, null, null));
    assertThat(code(plan(List.of(Metrics.EXACT_MATCH)), text)).isEqualTo("invalid_spec");
    assertThat(code(plan(List.of(Metrics.EXACT_MATCH)), List.of())).isEqualTo("empty_split");
    Plan noSplit =
        new Plan(
            List.of(Metrics.EXACT_MATCH),
            "absent",
            Optional.empty(),
            0,
            8,
            List.of(),
            new PromotionGate(null, null),
            1);
    assertThat(code(noSplit, rows(2))).isEqualTo("split_not_found");
    Plan outside =
        new Plan(
            List.of(Metrics.EXACT_MATCH),
            "../x",
            Optional.empty(),
            0,
            8,
            List.of(),
            new PromotionGate(null, null),
            1);
    assertThat(code(outside, rows(2))).isEqualTo("invalid_spec");
    Plan wrongChoices =
        new Plan(
            List.of(new MultipleChoice()),
            "test",
            Optional.empty(),
            0,
            8,
            List.of("yes", "no"),
            new PromotionGate(null, null),
            1);
    assertThat(code(wrongChoices, rows(2))).isEqualTo("invalid_choices");
    Plan long_ =
        new Plan(
            List.of(Metrics.EXACT_MATCH),
            "test",
            Optional.empty(),
            0,
            20_000,
            List.of(),
            new PromotionGate(null, null),
            1);
    assertThat(code(long_, rows(2))).isEqualTo("items_too_long");
    ScriptedModel broken = new ScriptedModel(p -> "", q -> Double.NaN, 1_000);
    assertThatThrownBy(
            () -> evaluation(plan(List.of(new Perplexity())), rows(2), broken, broken).run())
        .isInstanceOfSatisfying(
            EvaluationException.class, e -> assertThat(e.code()).isEqualTo("non_finite_loss"));
  }

  private String code(Plan plan, List<NormalRow> rows) {
    try {
      evaluation(plan, rows, always, knows).run();
    } catch (EvaluationException e) {
      return e.code();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return "none";
  }

  private static Plan plan(List<Metric> metrics) {
    return new Plan(
        metrics, "test", Optional.empty(), 4, 8, List.of(), new PromotionGate(null, null), 1);
  }

  private Evaluation evaluation(
      Plan plan, List<NormalRow> test, EvaluatedModel base, EvaluatedModel tuned)
      throws IOException {
    return new Evaluation(
        plan, dataset(test), pair(base, tuned), EvaluationTest::exact, this::heard);
  }

  private void heard(Variant variant, int done, int total) {
    progress.add(variant.wireName() + " " + done + "/" + total);
  }

  private static Map<Variant, List<Double>> exact(
      AnswerMetric metric, List<Item> items, Map<Variant, List<String>> answers) {
    Map<Variant, List<Double>> scores = new LinkedHashMap<>();
    answers.forEach(
        (variant, texts) -> {
          List<Double> values = new ArrayList<>();
          for (int i = 0; i < items.size(); i++) {
            values.add(texts.get(i).equals(items.get(i).reference()) ? 1.0 : 0.0);
          }
          scores.put(variant, values);
        });
    return scores;
  }

  private static ModelPair pair(EvaluatedModel base, EvaluatedModel tuned) {
    return new Models(Optional.ofNullable(base), tuned, Map.of(), Optional.empty());
  }

  private record Models(
      Optional<EvaluatedModel> base,
      EvaluatedModel tuned,
      Map<String, EvaluatedModel> compared,
      Optional<String> reference)
      implements ModelPair {
    @Override
    public void close() {}
  }

  private static List<NormalRow> rows(int count) {
    List<NormalRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(
          new NormalRow(
              "%04x".formatted(i * 7919 % 65521), null, i + "?", right(i + "?"), null, null, null));
    }
    return rows;
  }

  private static List<NormalRow> chats(int count) {
    List<NormalRow> rows = new ArrayList<>();
    for (NormalRow row : rows(count)) {
      rows.add(chat(row));
    }
    return rows;
  }

  private static NormalRow chat(NormalRow row) {
    return new NormalRow(
        row.id(),
        null,
        null,
        null,
        List.of(
            new ChatMessage("system", "S"),
            new ChatMessage("user", row.prompt()),
            new ChatMessage("assistant", row.completion())),
        null,
        null);
  }

  private EvaluationDataset dataset(List<NormalRow> test) throws IOException {
    boolean chat = test.stream().anyMatch(row -> row.messages() != null);
    List<NormalRow> train = new ArrayList<>();
    for (int i = 100; i < 110; i++) {
      NormalRow row =
          new NormalRow("%04x".formatted(i * 31), null, i + "?", right(i + "?"), null, null, null);
      train.add(chat ? chat(row) : row);
    }
    Path version = Files.createTempDirectory(folder, "version");
    write(version.resolve("train.jsonl"), train);
    write(version.resolve("test.jsonl"), test);
    return new EvaluationDataset(store, store.putFolder(version).digest());
  }

  private static void write(Path file, List<NormalRow> rows) throws IOException {
    ObjectMapper json = new ObjectMapper();
    StringBuilder lines = new StringBuilder();
    for (NormalRow row : rows) {
      lines.append(json.writeValueAsString(row)).append('\n');
    }
    Files.writeString(file, lines);
  }
}
