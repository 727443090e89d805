package io.affinage.dataset.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.dataset.SharedData;
import io.affinage.dataset.layout.RowRules;
import io.affinage.dataset.reading.FileForm;
import io.affinage.dataset.reading.ReadLimits;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.SplitPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestionTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path folder;
  private StoredFiles files;
  private Ingestion ingestion;

  @BeforeEach
  void open() {
    files = new StoredFiles(folder.resolve("store"));
    ingestion = new Ingestion(files.store(), folder.resolve("work"), ReadLimits.DEFAULT, 2);
  }

  @Test
  void shouldStoreAVersionWithItsReportAndQuarantine() throws Exception {
    DatasetVersion version =
        ingest(
            """
            {"prompt":"p1","completion":"c1","topic":"x"}
            {"prompt":"p1","completion":"c1"}
            nonsense
            {"prompt":"p2","completion":""}
            {"completion":"c3","prompt":"p3"}
            """);
    assertThat(version.report().counts()).isEqualTo(new DatasetCounts(5, 2, 1, 2));
    assertThat(version.report().reasons())
        .isEqualTo(Map.of("invalid_json", 1L, "empty_completion", 1L));
    assertThat(version.report().unusedColumns()).isEqualTo(Map.of("topic", 1L));
    JsonNode report = JSON.readTree(files.text(version, "dataset.json"));
    assertThat(report.get("layout").asText()).isEqualTo("PROMPT_COMPLETION");
    assertThat(report.get("counts").get("read").asInt()).isEqualTo(5);
    List<String> quarantine = files.lines(version, "quarantine.jsonl");
    assertThat(quarantine).hasSize(2);
    JsonNode first = JSON.readTree(quarantine.get(0));
    assertThat(first.get("line").asInt()).isEqualTo(3);
    assertThat(first.get("reason").asText()).isEqualTo("invalid_json");
    assertThat(first.get("raw").asText()).isEqualTo("nonsense");
    List<NormalRow> rows = rows(version);
    assertThat(rows).extracting(NormalRow::prompt).containsExactlyInAnyOrder("p1", "p3");
    assertThat(rows).allSatisfy(row -> assertThat(row.id()).matches("[0-9a-f]{16}"));
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }

  @Test
  void shouldGiveTheSameBytesForTheSameInput() throws Exception {
    String rows = rows(0, 500);
    assertThat(ingest(rows).artifact()).isEqualTo(ingest(rows).artifact());
    assertThat(ingest(rows).artifact()).isNotEqualTo(ingest(rows(0, 499)).artifact());
  }

  /** Several batches of rows, of which every 7th is bad and every 11th a duplicate. */
  @Test
  void shouldGiveTheSameBytesOnAnyNumberOfThreads() throws Exception {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      int prompt = i % 11 == 0 ? 3 : i;
      rows.append(
          i % 7 == 0 ? "{\"prompt\":" : "{\"prompt\":\"p" + prompt + "\",\"completion\":\"c\"}");
      rows.append('\n');
    }
    Path data = Files.writeString(folder.resolve("data.jsonl"), rows);
    Set<Object> versions = new HashSet<>();
    for (int threads : List.of(1, 2, 5)) {
      DatasetVersion version =
          new Ingestion(files.store(), folder.resolve("work"), ReadLimits.DEFAULT, threads)
              .ingest(IngestionRequest.detected("d"), new RowSource.File(data, "data.jsonl"));
      versions.add(version.artifact());
      DatasetCounts counts = version.report().counts();
      assertThat(counts.read()).isEqualTo(20_000);
      assertThat(counts.accepted() + counts.duplicates() + counts.quarantined()).isEqualTo(20_000);
      assertThat(counts.quarantined()).isEqualTo(2_858);
      assertThat(files.lines(version, "quarantine.jsonl")).hasSize(2_858);
    }
    assertThat(versions).hasSize(1);
  }

  /** The reader is rows ahead when it meets the file's end: those rows count before that tells. */
  @Test
  void shouldCountTheRowsBeforeThePlaceWhereAFileBreaksOff() throws Exception {
    StringBuilder array = new StringBuilder("[");
    for (int i = 0; i < 5_000; i++) {
      array.append("{\"prompt\":\"p").append(i).append("\",\"completion\":\"c\"},\n");
    }
    Path data = Files.writeString(folder.resolve("data.json"), array.append("{\"prompt\":"));
    assertThatThrownBy(() -> file(data, null))
        .isInstanceOfSatisfying(
            RejectedDatasetException.class,
            e -> {
              assertThat(e.error().code()).isEqualTo("truncated_json");
              assertThat(e.error().message()).contains("line 5001");
              assertThat(e.counts()).isEqualTo(new DatasetCounts(5_000, 5_000, 0, 0));
            });
  }

  @Test
  void shouldKeepARowsSplitWhateverElseIsInTheDataset() throws Exception {
    SplitPolicy policy = new SplitPolicy(0.2, 0.2, "s");
    Map<String, String> few = splitById(ingest(rows(500, 1000), policy, false));
    Map<String, String> all = splitById(ingest(rows(0, 2000), policy, false));
    assertThat(few).hasSize(500);
    assertThat(all).containsAllEntriesOf(few);
    long test = all.values().stream().filter("test"::equals).count();
    long validation = all.values().stream().filter("validation"::equals).count();
    // Binomial with standard deviation 18: within 5 of them.
    assertThat(test).isBetween(310L, 490L);
    assertThat(validation).isBetween(310L, 490L);
    Map<String, String> salted =
        splitById(ingest(rows(0, 2000), new SplitPolicy(0.2, 0.2, "other"), false));
    assertThat(salted.keySet()).isEqualTo(all.keySet());
    assertThat(salted).isNotEqualTo(all);
  }

  @Test
  void shouldKeepRowsOfOnePromptInOneSplit() throws Exception {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 900; i++) {
      rows.append("{\"prompt\":\"p").append(i / 3).append("\",\"completion\":\"c").append(i);
      rows.append("\"}\n");
    }
    DatasetVersion version = ingest(rows.toString(), new SplitPolicy(0.3, 0.3, ""), false);
    Map<String, Set<String>> splitsOfPrompt = new HashMap<>();
    for (Split split : Split.values()) {
      for (NormalRow row : rows(version, split)) {
        splitsOfPrompt.computeIfAbsent(row.prompt(), p -> new HashSet<>()).add(split.label());
      }
    }
    assertThat(splitsOfPrompt).hasSize(300);
    assertThat(splitsOfPrompt.values()).allSatisfy(splits -> assertThat(splits).hasSize(1));
    assertThat(version.report().splits().values()).allMatch(count -> count > 100);
  }

  @Test
  void shouldRejectAtTheFirstBadRowWhenStrict() {
    assertThatThrownBy(() -> ingest(rows(0, 3) + "{}\n" + rows(3, 5), null, true))
        .isInstanceOfSatisfying(
            RejectedDatasetException.class,
            e -> {
              assertThat(e.error().code()).isEqualTo("bad_row_in_strict_dataset");
              assertThat(e.error().message()).contains("line 4", "empty_row");
              assertThat(e.counts()).isEqualTo(new DatasetCounts(4, 3, 0, 1));
            });
  }

  @Test
  void shouldRejectWhatHasNoUsableRow() {
    assertRejected("{\"prompt\":\"\",\"completion\":\"\"}\n[]\n", "no_usable_rows");
    assertRejected("1\n2\n", "no_usable_rows");
    assertRejected("\n\n", "no_usable_rows");
    assertRejected("{\"question\":\"q\"}\n", "unknown_layout");
  }

  @Test
  void shouldRefuseBadParameters() {
    assertThatThrownBy(() -> ingest(rows(0, 3), new SplitPolicy(0.6, 0.6, ""), false))
        .isInstanceOfSatisfying(
            RejectedDatasetException.class,
            e -> assertThat(e.error().code()).isEqualTo("invalid_split"));
    assertThatThrownBy(() -> ingest(rows(0, 3), new SplitPolicy(Double.NaN, 0, ""), false))
        .isInstanceOf(RejectedDatasetException.class);
    for (String name : List.of("", "../x", "a/b", ".hidden", "x".repeat(101), "a\nb")) {
      IngestionRequest request = IngestionRequest.detected(name);
      assertThatThrownBy(() -> ingestion.ingest(request, new RowSource.Inline(List.of())))
          .isInstanceOfSatisfying(
              RejectedDatasetException.class,
              e -> assertThat(e.error().code()).isEqualTo("invalid_name"));
    }
  }

  @Test
  void shouldTellAStoreThatCannotBeWrittenFromABadDataset() throws IOException {
    Path blocked = Files.writeString(folder.resolve("blocked"), "a file where a folder must be");
    Ingestion broken = new Ingestion(files.store(), blocked, ReadLimits.DEFAULT, 2);
    Path data = Files.writeString(folder.resolve("x.jsonl"), rows(0, 3));
    assertThatThrownBy(
            () ->
                broken.ingest(IngestionRequest.detected("d"), new RowSource.File(data, "x.jsonl")))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void shouldIngestInlineRows() throws Exception {
    RowSource inline =
        new RowSource.Inline(
            List.of(
                JSON.readTree("{\"text\":\"a\"}"),
                JSON.readTree("5"),
                JSON.readTree("{\"text\":\"b\"}")));
    DatasetVersion version = ingestion.ingest(IngestionRequest.detected("d"), inline);
    assertThat(version.report().counts()).isEqualTo(new DatasetCounts(3, 2, 0, 1));
    assertThat(version.report().reasons()).isEqualTo(Map.of("not_an_object", 1L));
  }

  @Test
  void shouldIngestRealData() throws Exception {
    Path raschka = SharedData.folder("sft-raschka-instruct");
    DatasetVersion sft = file(raschka.resolve("instruction-data.json"), null);
    assertThat(sft.report().layout()).isEqualTo(DatasetLayout.ALPACA);
    assertThat(sft.report().format()).isEqualTo(DatasetFormat.JSON);
    assertThat(sft.report().counts().read()).isEqualTo(1100);
    assertThat(sft.report().counts().quarantined()).isZero();
    DatasetVersion preference =
        file(raschka.resolve("instruction-data-with-preference.json"), null);
    assertThat(preference.report().layout()).isEqualTo(DatasetLayout.PREFERENCE);
    assertThat(preference.report().counts().read()).isEqualTo(1100);
    Path bitext = SharedData.folder("chatbot-bitext-intents");
    DatasetVersion intents =
        file(
            bitext.resolve("Bitext_Sample_Customer_Service_Training_Dataset.csv"),
            Map.of("utterance", "prompt", "intent", "completion"));
    assertThat(intents.report().layout()).isEqualTo(DatasetLayout.PROMPT_COMPLETION);
    assertThat(intents.report().counts().quarantined()).isZero();
    assertThat(intents.report().counts().accepted()).isGreaterThan(5000);
    Path shakespeare = SharedData.folder("text-tinyshakespeare");
    DatasetVersion text = file(shakespeare.resolve("tinyshakespeare.txt"), null);
    assertThat(text.report().layout()).isEqualTo(DatasetLayout.TEXT);
    assertThat(text.report().counts().read()).isGreaterThan(7000);
  }

  /** With the columns and constants of the recipes for a doctor and a lawyer. */
  @Test
  void shouldIngestMedicalAndLegalData() throws Exception {
    DatasetVersion medical =
        file(
            SharedData.folder("doctor-medquad").resolve("medquad-6-sources-1500c.jsonl"),
            Map.of("question", "instruction", "answer", "output"));
    assertThat(medical.report().counts()).isEqualTo(new DatasetCounts(3031, 3018, 13, 0));
    Path legal = SharedData.folder("lawyer-legalbench").resolve("overruling/test.tsv");
    DatasetVersion overruling =
        ingestion.ingest(
            new IngestionRequest(
                "d",
                FileForm.of(DatasetFormat.CSV),
                new RowRules(
                    DatasetLayout.ALPACA,
                    Map.of("text", "input", "label", "output"),
                    Map.of("instruction", "Does it overrule?"),
                    null,
                    false),
                null),
            new RowSource.File(legal, "test.tsv"));
    assertThat(overruling.report().counts()).isEqualTo(new DatasetCounts(2394, 1504, 890, 0));
    assertThat(overruling.report().unusedColumns()).isEmpty();
  }

  @Test
  void shouldCarryNaughtyStringsUnchanged() throws Exception {
    JsonNode strings = JSON.readTree(SharedData.folder("adv-blns").resolve("blns.json").toFile());
    StringBuilder file = new StringBuilder();
    Set<String> expected = new HashSet<>();
    for (JsonNode string : strings) {
      if (!string.asText().isBlank()) {
        expected.add(string.asText());
      }
      file.append(JSON.createObjectNode().put("text", string.asText())).append('\n');
    }
    Set<String> found = new HashSet<>();
    rows(ingest(file.toString())).forEach(row -> found.add(row.text()));
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void shouldSurviveHostileFilesWithACode() throws Exception {
    int rejected = 0;
    for (String data :
        List.of("adv-jsontestsuite/test_parsing", "adv-utf8-test", "adv-utf8-vectors")) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(SharedData.folder(data))) {
        for (Path hostile : all) {
          try {
            file(hostile, null);
          } catch (RejectedDatasetException e) {
            assertThat(e.error().code()).matches("[a-z][a-z0-9_]+");
            assertThat(e.error().message()).isNotBlank();
            rejected++;
          }
        }
      }
    }
    assertThat(rejected).isGreaterThan(300);
  }

  private DatasetVersion file(Path path, Map<String, String> columns) throws Exception {
    return ingestion.ingest(
        new IngestionRequest(
            "d", FileForm.DETECTED, new RowRules(null, columns, null, null, false), null),
        new RowSource.File(path, path.getFileName().toString()));
  }

  private DatasetVersion ingest(String content) throws Exception {
    return ingest(content, null, false);
  }

  private DatasetVersion ingest(String content, SplitPolicy split, boolean strict)
      throws Exception {
    Path data = Files.writeString(folder.resolve("data.jsonl"), content, StandardCharsets.UTF_8);
    return ingestion.ingest(
        new IngestionRequest(
            "d", FileForm.DETECTED, new RowRules(null, null, null, null, strict), split),
        new RowSource.File(data, "data.jsonl"));
  }

  private void assertRejected(String content, String code) {
    assertThatThrownBy(() -> ingest(content))
        .isInstanceOfSatisfying(
            RejectedDatasetException.class, e -> assertThat(e.error().code()).isEqualTo(code));
  }

  private static String rows(int from, int to) {
    StringBuilder rows = new StringBuilder();
    for (int i = from; i < to; i++) {
      rows.append("{\"prompt\":\"p").append(i).append("\",\"completion\":\"c").append(i);
      rows.append("\"}\n");
    }
    return rows.toString();
  }

  private Map<String, String> splitById(DatasetVersion version) {
    Map<String, String> splits = new HashMap<>();
    for (Split split : Split.values()) {
      for (NormalRow row : rows(version, split)) {
        assertThat(splits.put(row.id(), split.label())).isNull();
      }
    }
    return splits;
  }

  private List<NormalRow> rows(DatasetVersion version) {
    List<NormalRow> rows = new ArrayList<>();
    for (Split split : Split.values()) {
      rows.addAll(rows(version, split));
    }
    return rows;
  }

  private List<NormalRow> rows(DatasetVersion version, Split split) {
    List<NormalRow> rows = new ArrayList<>();
    for (String line : files.lines(version, split.label() + ".jsonl")) {
      try {
        rows.add(JSON.readValue(line, NormalRow.class));
      } catch (IOException e) {
        throw new AssertionError(line, e);
      }
    }
    return rows;
  }
}
