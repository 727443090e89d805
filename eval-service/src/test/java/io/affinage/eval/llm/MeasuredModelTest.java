package io.affinage.eval.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.affinage.eval.model.EvaluatedModel.Question;
import io.affinage.eval.model.Likelihood;
import io.affinage.eval.model.Prompt;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.AdapterTypes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real library under the domain's questions. */
@Tag("slow")
class MeasuredModelTest {
  @TempDir static Path folder;
  private static LoadedModel loaded;
  private static MeasuredModel base;
  private static MeasuredModel tuned;

  @BeforeAll
  static void load() {
    TinyModels.write(folder.resolve("base"), folder.resolve("adapter"));
    loaded = new LoadedModel(LanguageModel.open(folder.resolve("base"), TinyModels.COMPUTE));
    Counter counter = new SimpleMeterRegistry().counter("tokens");
    base = new MeasuredModel(loaded, loaded.none(), counter);
    tuned =
        new MeasuredModel(
            loaded, loaded.adapter("a", () -> folder.resolve("adapter")).adapter(), counter);
  }

  @AfterAll
  static void close() {
    loaded.close();
  }

  @Test
  void shouldAnswerWithTheAdapterAndNotWithoutIt() {
    List<Prompt> prompts = prompts();
    List<String> right = TinyModels.questions().stream().map(q -> q[1]).toList();
    List<Integer> done = new ArrayList<>();
    assertThat(tuned.answer(prompts, 8, List.of(), done::add)).isEqualTo(right);
    assertThat(done.stream().mapToInt(Integer::intValue).sum()).isEqualTo(prompts.size());
    // The base learned the answer to the question that follows.
    List<String> wrong = new ArrayList<>(right);
    Collections.rotate(wrong, -1);
    assertThat(base.answer(prompts, 8, List.of(), n -> {})).isEqualTo(wrong);
    // The adapter was on in between; the base must not have kept anything of it.
    assertThat(tuned.answer(prompts, 8, List.of(), n -> {})).isEqualTo(right);
  }

  /** Beside one base, in turns; virtual tokens leave less of the context. */
  @Test
  void shouldMeasureAndAnswerWithAdaptersOfEveryType() {
    List<Path> folders = TinyModels.writeOthers(folder.resolve("base"), folder);
    assertThat(folders).hasSize(AdapterTypes.all().size() - 1);
    List<Question> questions =
        TinyModels.questions().stream()
            .map(question -> new Question(new Prompt.Text(question[0]), question[1]))
            .toList();
    double before = likelihood(base, questions);
    List<MeasuredModel> models = new ArrayList<>();
    for (Path each : folders) {
      String type = each.getFileName().toString();
      MeasuredModel model =
          new MeasuredModel(
              loaded,
              loaded.adapter(type, () -> each).adapter(),
              new SimpleMeterRegistry().counter("tokens"));
      assertThat(likelihood(model, questions)).as(type).isGreaterThan(before + 3);
      assertThat(model.answer(prompts(), 8, List.of(), n -> {})).as(type).hasSize(6);
      boolean virtual = type.startsWith("pr");
      assertThat(model.contextLength())
          .as(type)
          .isEqualTo(base.contextLength() - (virtual ? 8 : 0));
      models.add(model);
    }
    List<Double> together = models.stream().map(model -> likelihood(model, questions)).toList();
    for (int i = models.size() - 1; i >= 0; i--) {
      assertThat(likelihood(models.get(i), questions)).isEqualTo(together.get(i));
    }
    assertThat(likelihood(base, questions)).isEqualTo(before);
  }

  private static double likelihood(MeasuredModel model, List<Question> questions) {
    return model.likelihoods(questions, n -> {}).stream()
        .mapToDouble(Likelihood::logProbability)
        .sum();
  }

  /** However many adapters of a model are evaluated and asked, few are kept. */
  @Test
  void shouldKeepOnlyTheLastAdaptersThatNobodyUses() {
    try (LoadedModel crowded =
        new LoadedModel(LanguageModel.open(folder.resolve("base"), TinyModels.COMPUTE), 2)) {
      LoadedModel.Hold used = crowded.adapter("used", () -> folder.resolve("adapter"));
      for (int i = 0; i < 20; i++) {
        crowded.adapter("adapter " + i, () -> folder.resolve("adapter")).close();
        assertThat(crowded.adapters()).isLessThanOrEqualTo(4);
      }
      // The one in use is as it was, however long ago it was asked for.
      assertThat(crowded.adapter("used", () -> Path.of("not read again")).adapter())
          .isSameAs(used.adapter());
      MeasuredModel measured =
          new MeasuredModel(
              crowded, used.adapter(), new SimpleMeterRegistry().counter("more tokens"));
      List<String> right = TinyModels.questions().stream().map(q -> q[1]).toList();
      assertThat(measured.answer(prompts(), 8, List.of(), n -> {})).isEqualTo(right);
    }
  }

  @Test
  void shouldGiveTheSameLikelihoodsTogetherAndAlone() {
    List<Question> questions = new ArrayList<>();
    for (Prompt prompt : prompts()) {
      for (String[] choice : TinyModels.questions()) {
        questions.add(new Question(prompt, choice[1]));
      }
    }
    List<Likelihood> together = tuned.likelihoods(questions, n -> {});
    assertThat(together).hasSize(36);
    for (int i = 0; i < questions.size(); i++) {
      Likelihood alone = tuned.likelihoods(List.of(questions.get(i)), n -> {}).get(0);
      assertThat(together.get(i).tokens()).isEqualTo(alone.tokens());
      assertThat(together.get(i).logProbability())
          .as("question %d", i)
          .isCloseTo(alone.logProbability(), within(1e-3));
    }
    for (int p = 0; p < 6; p++) {
      List<Double> row =
          together.subList(6 * p, 6 * p + 6).stream().map(Likelihood::logProbability).toList();
      assertThat(row.indexOf(row.stream().max(Double::compare).orElseThrow()))
          .as("%s", row)
          .isEqualTo(p);
    }
  }

  private static List<Prompt> prompts() {
    return TinyModels.questions().stream().<Prompt>map(q -> new Prompt.Text(q[0])).toList();
  }
}
