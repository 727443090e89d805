package io.affinage.dataset.submission;

import static io.affinage.events.DatasetLayout.ALPACA;
import static io.affinage.events.DatasetLayout.MESSAGES;
import static io.affinage.events.DatasetLayout.PREFERENCE;
import static io.affinage.events.DatasetLayout.PROMPT_COMPLETION;
import static io.affinage.events.DatasetLayout.SHAREGPT;
import static io.affinage.events.DatasetLayout.TEXT;
import static io.affinage.events.DatasetLayout.UNPAIRED_PREFERENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.dataset.SharedData;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.Settings;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files in the forms that people have, and what each comes to; once for small twins of them, once
 * for the files themselves. The twins come from {@code src/test/python/field_cases.py}.
 */
class FieldCasesTest {
  static final Stage TRAIN =
      new Stage.Train(
          "scratch", Settings.build(TrainingSpec.class).with("method", "sft").record(), null);
  static final Stage EVALUATE =
      new Stage.Evaluate(new EvaluationSpec(null, null, null, null, null, null, null, null, null));

  @TempDir Path folder;
  private Submissions submissions;

  @BeforeEach
  void open() throws IOException {
    submissions = new Submissions(folder);
  }

  /**
   * @param rows checks each row that is stored
   * @param notes counted for every row
   * @param unused counted for every row
   * @param rejected the code with which the dataset is refused; null when it is ready
   * @param training the code with which training on it is refused; null when it is not
   * @param words of the refusal
   */
  record Case(
      String file,
      String encoding,
      DatasetLayout layout,
      Consumer<NormalRow> rows,
      Set<String> notes,
      Set<String> unused,
      String rejected,
      String training,
      List<String> words) {
    static Case of(String file, DatasetLayout layout, Consumer<NormalRow> rows) {
      return new Case(file, null, layout, rows, Set.of(), Set.of(), null, null, List.of());
    }

    static Case rejected(String file, String code, String... words) {
      return new Case(file, null, null, row -> {}, Set.of(), Set.of(), code, null, List.of(words));
    }

    Case noting(String... codes) {
      return new Case(
          file, encoding, layout, rows, Set.of(codes), unused, rejected, training, words);
    }

    Case notReading(String... columns) {
      return new Case(
          file, encoding, layout, rows, notes, Set.of(columns), rejected, training, words);
    }

    Case in(String named) {
      return new Case(file, named, layout, rows, notes, unused, rejected, training, words);
    }

    Case refusingTraining(String code, String... told) {
      return new Case(file, encoding, layout, rows, notes, unused, rejected, code, List.of(told));
    }

    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        Case.of("unpaired-label.jsonl", UNPAIRED_PREFERENCE, row -> judged(row, row.completion()))
            .refusingTraining("preference_data", "keep: DESIRABLE", "KTO"),
        Case.of(
                "unpaired-label-chat.jsonl",
                UNPAIRED_PREFERENCE,
                row -> judged(row, last(row).content()))
            .refusingTraining("preference_data", "keep: DESIRABLE", "KTO"),
        Case.rejected(
            "text-with-class.csv",
            "column_not_read",
            "label",
            "{\"text\": \"prompt\", \"label\": \"completion\"}",
            "name the layout TEXT"),
        Case.of(
            "system-column.jsonl", PROMPT_COMPLETION, row -> roles(row, "system user assistant")),
        Case.of(
                "alpaca-history.json",
                ALPACA,
                row -> roles(row, "user assistant user assistant user assistant"))
            .noting("with_history"),
        Case.of("tools-as-text.jsonl", SHAREGPT, FieldCasesTest::calls)
            .noting("with_tools", "tools_converted", "calls_converted"),
        Case.of("tool-calls-openai.jsonl", MESSAGES, FieldCasesTest::calls).noting("with_tools"),
        Case.of(
                "reasoning.jsonl",
                MESSAGES,
                row -> assertThat(last(row).reasoningContent()).isNotBlank())
            .noting("with_reasoning"),
        Case.of(
            "rendered-with-bos.jsonl",
            PROMPT_COMPLETION,
            row -> assertThat(row.prompt()).startsWith("<s>")),
        Case.of(
            "prompt-ends-in-space.jsonl",
            PROMPT_COMPLETION,
            row -> assertThat(row.prompt()).endsWith("A: ")),
        Case.of("weights-per-turn.jsonl", MESSAGES, row -> weights(row, 0, null))
            .noting("with_weights"),
        Case.of("weights-last-zero.jsonl", MESSAGES, row -> weights(row, null, 0))
            .noting("with_weights"),
        Case.of(
                "answers-are-numbers.jsonl",
                PROMPT_COMPLETION,
                row -> assertThat(row.completion()).matches("\\d+|1\\.50?|true"))
            .noting("value_as_text"),
        Case.of("excel-utf16.csv", PROMPT_COMPLETION, row -> quoted(row.completion())),
        Case.of(
            "excel-semicolon.csv",
            PROMPT_COMPLETION,
            row -> assertThat(row.prompt() + row.completion()).containsPattern(", .*, ")),
        Case.of(
                "excel-latin1.csv",
                PROMPT_COMPLETION,
                row -> assertThat(row.prompt() + row.completion()).containsAnyOf("ö", "ù"))
            .in("windows-1252"),
        Case.of("array.jsonl", PROMPT_COMPLETION, FieldCasesTest::yes),
        Case.of("not-a-number.jsonl", PROMPT_COMPLETION, FieldCasesTest::yes).notReading("score"),
        Case.rejected(
            "key-twice.jsonl", "no_usable_rows", "the key completion is given twice", "line 1"),
        Case.of("blank-lines.jsonl", PROMPT_COMPLETION, FieldCasesTest::yes),
        Case.of("preference-whole-chats.jsonl", PREFERENCE, FieldCasesTest::pair)
            .notReading("prompt_id", "score_chosen", "score_rejected")
            .refusingTraining("preference_data", "keep: CHOSEN", "DPO"),
        Case.of("preference-sharegpt.json", PREFERENCE, FieldCasesTest::pair)
            .refusingTraining("preference_data", "keep: CHOSEN", "DPO"),
        Case.of("preference-openai.jsonl", PREFERENCE, FieldCasesTest::pair)
            .notReading("input.parallel_tool_calls")
            .refusingTraining("preference_data", "keep: CHOSEN", "DPO"),
        Case.of(
                "roles-repeated.jsonl",
                MESSAGES,
                row -> {
                  roles(row, "user assistant");
                  assertThat(last(row).content()).contains(".\n\nAnything else?");
                })
            .noting("turns_merged"),
        Case.of("assistant-first.jsonl", SHAREGPT, row -> roles(row, "assistant user assistant"))
            .noting("assistant_first"),
        Case.of("last-turn-user.jsonl", MESSAGES, row -> roles(row, "user assistant"))
            .noting("trailing_turns_cut"),
        Case.of("empty-system.jsonl", MESSAGES, row -> roles(row, "user assistant"))
            .noting("empty_system_left_out"),
        Case.of(
            "one-prompt.jsonl",
            PROMPT_COMPLETION,
            row -> assertThat(row.completion()).isNotBlank()),
        Case.of("plain-articles.txt", TEXT, row -> assertThat(row.text()).doesNotContain("\n\n")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComeToWhatItsUserExpects(Case expected) throws Exception {
    check(twin(expected.file()), expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComeToTheSameForTheFilesThatPeopleHave(Case expected) throws Exception {
    check(SharedData.folder("field-cases").resolve(expected.file()), expected);
  }

  @Test
  void shouldHaveACaseForEveryFile() throws Exception {
    try (Stream<Path> files = Files.list(SharedData.folder("field-cases"))) {
      assertThat(cases().map(Case::file))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> !name.equals("EXPECTED.md"))
                  .toList());
    }
  }

  /** Everything that is wrong with the stages, before anything is read. */
  @Test
  void shouldRefuseStagesThatLackWhatTheyName() throws Exception {
    Stage evaluateNothing =
        new Stage.Evaluate(
            new EvaluationSpec(null, null, null, null, null, null, null, null, null),
            null,
            null,
            "stage:sfd",
            List.of("base", "stage:late"));

    DatasetRejected refused =
        (DatasetRejected)
            submissions.of(twin("one-prompt.jsonl")).stages(TRAIN, evaluateNothing).end();

    assertThat(refused.error().code()).isEqualTo("invalid_slip");
    assertThat(refused.error().param()).isEqualTo("slip.stages[1].model");
    assertThat(refused.error().message()).contains("'stage:sfd'", "'stage:late'");
    assertThat(refused.counts()).isNull();
  }

  /** Known before anything is trained, with what to do. */
  @Test
  void shouldRefuseAnEvaluationWithoutItems() throws Exception {
    for (Path file :
        List.of(
            twin("one-prompt.jsonl"),
            SharedData.folder("field-cases").resolve("one-prompt.jsonl"))) {
      DatasetRejected refused =
          (DatasetRejected) submissions.of(file).stages(TRAIN, EVALUATE).end();
      assertThat(refused.error().code()).isEqualTo("empty_split");
      assertThat(refused.error().param()).isEqualTo("slip.stages[1]");
      assertThat(refused.error().message())
          .contains("split test", "split.test", "split.salt", "leave the evaluation out");
      assertThat(refused.counts().read()).isPositive();
    }
    Stage onTrain =
        new Stage.Evaluate(
            new EvaluationSpec(null, "train", null, null, null, null, null, null, null));
    assertThat(submissions.of(twin("one-prompt.jsonl")).stages(TRAIN, onTrain).end())
        .isInstanceOf(DatasetReady.class);
  }

  @Test
  void shouldTrainOnTheAnswersThatAreKept() throws Exception {
    DatasetReady desirable =
        (DatasetReady)
            submissions
                .of(twin("unpaired-label-chat.jsonl"))
                .keep(KeptAnswers.DESIRABLE)
                .stages(TRAIN)
                .end();
    assertThat(desirable.counts()).isEqualTo(new DatasetCounts(3, 2, 0, 0, 1));
    assertThat(desirable.notes()).isEqualTo(Map.of("undesirable_left_out", 1L));
    assertThat(submissions.rows(desirable))
        .allSatisfy(row -> assertThat(row.isPreference()).isFalse())
        .extracting(row -> last(row).content())
        .containsOnly("Baked at six.");
    DatasetReady chosen =
        (DatasetReady)
            submissions
                .of(twin("preference-openai.jsonl"))
                .keep(KeptAnswers.CHOSEN)
                .stages(TRAIN)
                .end();
    assertThat(chosen.keep()).isEqualTo(KeptAnswers.CHOSEN);
    assertThat(submissions.rows(chosen))
        .hasSize(3)
        .allSatisfy(row -> assertThat(row.isPreference()).isFalse())
        .extracting(row -> last(row).content())
        .containsOnly("Gladly.");
    DatasetRejected mixedUp =
        (DatasetRejected)
            submissions.of(twin("preference-openai.jsonl")).keep(KeptAnswers.DESIRABLE).end();
    assertThat(mixedUp.error().code()).isEqualTo("invalid_keep");
  }

  /** What LLaMA-Factory gives to start with. */
  @Test
  void shouldReadTheFilesOfLlamaFactory() throws Exception {
    Path demo = SharedData.folder("prefs-llamafactory-demo");
    DatasetReady pairs = (DatasetReady) submissions.of(demo.resolve("dpo_en_demo.json")).end();
    assertThat(pairs.layout()).isEqualTo(PREFERENCE);
    assertThat(pairs.counts()).isEqualTo(new DatasetCounts(300, 295, 5, 0));
    assertThat(pairs.unusedColumns()).isEmpty();
    assertThat(submissions.rows(pairs)).allSatisfy(FieldCasesTest::pair);
    DatasetReady judged = (DatasetReady) submissions.of(demo.resolve("kto_en_demo.json")).end();
    assertThat(judged.layout()).isEqualTo(UNPAIRED_PREFERENCE);
    assertThat(submissions.rows(judged)).hasSize(300).filteredOn(NormalRow::label).hasSize(150);
    DatasetReady tools =
        (DatasetReady) submissions.of(demo.resolve("glaive_toolcall_en_demo.json")).end();
    assertThat(tools.counts().quarantined()).isZero();
    assertThat(tools.unusedColumns()).isEmpty();
    assertThat(submissions.rows(tools))
        .anySatisfy(FieldCasesTest::calls)
        .allSatisfy(
            row ->
                assertThat(row.messages())
                    .filteredOn(turn -> turn.content() == null)
                    .allSatisfy(turn -> assertThat(turn.toolCalls()).isNotEmpty()));
  }

  private void check(Path file, Case expected) throws Exception {
    Object end = submissions.of(file).encoding(expected.encoding()).end();
    if (expected.rejected() != null) {
      DatasetRejected refused = (DatasetRejected) end;
      assertThat(refused.error().code()).isEqualTo(expected.rejected());
      assertThat(refused.error().message()).contains(expected.words());
      return;
    }
    assertThat(end).isInstanceOf(DatasetReady.class);
    DatasetReady ready = (DatasetReady) end;
    long read = ready.counts().read();
    assertThat(ready.layout()).isEqualTo(expected.layout());
    assertThat(ready.counts().quarantined()).isZero();
    assertThat(ready.notes()).isEqualTo(each(expected.notes(), read));
    assertThat(ready.unusedColumns()).isEqualTo(each(expected.unused(), read));
    assertThat(submissions.rows(ready))
        .hasSize((int) ready.counts().accepted())
        .allSatisfy(expected.rows());
    Object run = submissions.of(file).encoding(expected.encoding()).stages(TRAIN).end();
    if (expected.training() == null) {
      assertThat(run).isInstanceOf(DatasetReady.class);
    } else {
      DatasetRejected refused = (DatasetRejected) run;
      assertThat(refused.error().code()).isEqualTo(expected.training());
      assertThat(refused.error().message()).contains(expected.words());
    }
  }

  private static Path twin(String file) throws URISyntaxException {
    return Path.of(FieldCasesTest.class.getResource("/field-cases/" + file).toURI());
  }

  private static Map<String, Long> each(Set<String> names, long rows) {
    return names.stream().collect(Collectors.toMap(name -> name, name -> rows));
  }

  private static ChatMessage last(NormalRow row) {
    return row.messages().get(row.messages().size() - 1);
  }

  private static void roles(NormalRow row, String expected) {
    assertThat(row.messages().stream().map(ChatMessage::role).collect(Collectors.joining(" ")))
        .isEqualTo(expected);
  }

  private static void judged(NormalRow row, String answer) {
    assertThat(row.label())
        .isEqualTo(answer.startsWith("On its way") || answer.startsWith("Baked"));
  }

  private static void calls(NormalRow row) {
    assertThat(row.tools())
        .allSatisfy(
            tool -> {
              assertThat(tool.path("type").asText()).isEqualTo("function");
              assertThat(tool.path("function").path("parameters").isObject()).isTrue();
            });
    roles(row, "user assistant tool assistant");
    ChatMessage call = row.messages().get(1);
    assertThat(call.content()).isNull();
    assertThat(call.toolCalls()).hasSize(1);
    assertThat(call.toolCalls().get(0).function().arguments().isObject()).isTrue();
    assertThat(row.messages().get(2).content()).startsWith("{");
  }

  private static void weights(NormalRow row, Integer first, Integer second) {
    assertThat(row.messages())
        .filteredOn(turn -> turn.role().equals("assistant"))
        .extracting(ChatMessage::weight)
        .containsExactly(first, second);
  }

  private static void quoted(String text) {
    assertThat(text).matches(".*\"[a-z ]+\" it is");
  }

  private static void yes(NormalRow row) {
    assertThat(row.completion()).isEqualTo("Yes.");
  }

  private static void pair(NormalRow row) {
    assertThat(row.messages().get(row.messages().size() - 1).role()).isEqualTo("user");
    assertThat(row.chosen()).hasSize(1).isNotEqualTo(row.rejected());
    assertThat(row.rejected()).hasSize(1);
  }
}
