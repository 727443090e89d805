package io.affinage.dataset.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.dataset.DatasetException;
import io.affinage.dataset.SharedData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonRowsTest {
  @TempDir Path folder;

  @Test
  void shouldTellEachBadLineAndGoOnBehindIt() {
    String file =
        """
        {"a":1}
        {"a":
        [1]

        {"a":1,"a":2}
        {}
        {"b":"é"} {"c":1}
        {"a":null}
        {"z":"last"}

        """;
    assertThat(ReadRows.show(ReadRows.of(folder, "x.jsonl", file)))
        .containsExactly(
            "1:{\"a\":1}",
            "2:invalid_json",
            "3:not_an_object",
            "5:duplicate_key",
            "6:empty_row",
            "7:invalid_json",
            "8:empty_row",
            "9:{\"z\":\"last\"}");
  }

  @Test
  void shouldReadByteOrderMarkAndCarriageReturnsAndAMissingLastLineFeed() {
    assertThat(ReadRows.show(ReadRows.of(folder, "x.jsonl", "\uFEFF{\"a\":1}\r\n{\"a\":2}")))
        .containsExactly("1:{\"a\":1}", "2:{\"a\":2}");
  }

  @Test
  void shouldQuarantineInvalidUtf8AndKeepTheExcerptReadable() {
    byte[] bytes = "{\"a\":\"x\"}\n{\"a\":\"?\"}\n".getBytes(StandardCharsets.UTF_8);
    bytes[16] = (byte) 0xFF;
    List<RawRow> rows = ReadRows.of(folder, "x.jsonl", bytes, ReadLimits.DEFAULT);
    assertThat(ReadRows.show(rows)).containsExactly("1:{\"a\":\"x\"}", "2:invalid_utf8");
    assertThat(((RawRow.Broken) rows.get(1)).raw()).isEqualTo("{\"a\":\"\uFFFD\"}");
    assertThat(((RawRow.Broken) rows.get(1)).fault().detail()).contains("byte 7");
  }

  @Test
  void shouldNotHoldALineThatIsTooLong() throws IOException {
    Path file = folder.resolve("long.jsonl");
    byte[] chunk = new byte[1 << 20];
    java.util.Arrays.fill(chunk, (byte) 'x');
    try (var out = Files.newOutputStream(file)) {
      out.write("{\"a\":1}\n{\"a\":\"".getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < 50; i++) {
        out.write(chunk);
      }
      out.write("\"}\n{\"a\":3}\n".getBytes(StandardCharsets.UTF_8));
    }
    ReadLimits limits = new ReadLimits(1 << 20, 1L << 30, 64, 100);
    List<RawRow> rows = ReadRows.of(file, null, limits);
    assertThat(ReadRows.show(rows))
        .containsExactly("1:{\"a\":1}", "2:row_too_large", "3:{\"a\":3}");
    RawRow.Broken broken = (RawRow.Broken) rows.get(1);
    assertThat(broken.raw()).hasSize(64).startsWith("{\"a\":\"xxx");
    assertThat(broken.fault().detail()).contains(String.valueOf((50 << 20) + 8));
  }

  @Test
  void shouldSplitLinesAtEveryPlaceOfTheBuffer() {
    StringBuilder file = new StringBuilder();
    List<String> expected = new ArrayList<>();
    int line = 1;
    for (int length = 0; file.length() < 1_500_000; length = (length * 31 + 17) % 70_001) {
      String row = "{\"a\":\"" + "y".repeat(length) + "\"}";
      file.append(row).append('\n');
      expected.add(line++ + ":" + row);
    }
    assertThat(ReadRows.show(ReadRows.of(folder, "x.jsonl", file.toString()))).isEqualTo(expected);
  }

  @Test
  void shouldReadAnArrayAndSetItsBadElementsAside() {
    String file =
        """
        [
          {"a": 1, "t": "]}\\"["},
          {"a": tru},
          {"a": "never closed,
           "b": 2},
          7,
          {"a": {"deep": [1, 2]}}
        ]
        """;
    assertThat(ReadRows.show(ReadRows.of(folder, "x.json", file)))
        .containsExactly(
            "2:{\"a\":1,\"t\":\"]}\\\"[\"}",
            "3:invalid_json",
            "4:invalid_json",
            "6:not_an_object",
            "7:{\"a\":{\"deep\":[1,2]}}");
  }

  @Test
  void shouldReadAnObjectAroundOneArray() {
    String file =
        "{\"version\": \"1\", \"tags\": [\"x\"], \"data\": [{\"a\": 1}, {\"a\": 2}],"
            + " \"more\": {\"b\": []}}";
    assertThat(ReadRows.show(ReadRows.of(folder, "x.json", file)))
        .containsExactly("1:{\"a\":1}", "1:{\"a\":2}");
  }

  @Test
  void shouldRefuseAnObjectAroundTwoArrays() {
    assertRefused("{\"data\": [{\"a\":1}],\n \"rows\": [{\"a\":1}]}", "ambiguous_json");
  }

  @Test
  void shouldRefuseAnArrayThatEndsEarly() {
    assertRefused("[{\"a\":1}, {\"a\":2", "truncated_json");
    assertRefused("[{\"a\":1}", "truncated_json");
    assertRefused("[{\"a\":1},", "truncated_json");
    assertRefused("[{\"a\":1},]", "invalid_json");
    assertRefused("[{\"a\":1} {\"a\":2}]", "invalid_json");
    assertRefused("[{\"a\":1}] x", "invalid_json");
  }

  @Test
  void shouldSkipAnElementThatIsTooLarge() {
    ReadLimits limits = new ReadLimits(100, 1L << 30, 10, 100);
    String file = "[{\"a\":\"" + "x".repeat(100_000) + "\"},{\"a\":2}]";
    assertThat(
            ReadRows.show(
                ReadRows.of(folder, "x.json", file.getBytes(StandardCharsets.UTF_8), limits)))
        .containsExactly("1:row_too_large", "1:{\"a\":2}");
  }

  @Test
  void shouldReadGzipAndRefuseItCutShort() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      for (int i = 0; i < 10_000; i++) {
        out.write(("{\"a\":" + i * 7919 % 10_007 + "}\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    byte[] whole = packed.toByteArray();
    assertThat(ReadRows.of(folder, "x.jsonl.gz", whole, ReadLimits.DEFAULT)).hasSize(10_000);
    byte[] half = java.util.Arrays.copyOf(whole, whole.length / 2);
    assertThatThrownBy(() -> ReadRows.of(folder, "y.jsonl.gz", half, ReadLimits.DEFAULT))
        .isInstanceOfSatisfying(
            DatasetException.class, e -> assertThat(e.detail().code()).isEqualTo("truncated_file"));
  }

  @Test
  void shouldStopAtTheLimitOfUnpackedBytes() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(new byte[10 << 20]);
    }
    ReadLimits limits = new ReadLimits(1 << 20, 5 << 20, 10, 100);
    assertThatThrownBy(() -> ReadRows.of(folder, "x.jsonl.gz", packed.toByteArray(), limits))
        .isInstanceOfSatisfying(
            DatasetException.class,
            e -> assertThat(e.detail().code()).isEqualTo("dataset_too_large"));
  }

  @Test
  void shouldSideWithTheJsonTestSuite() throws IOException {
    Path suite = SharedData.folder("adv-jsontestsuite").resolve("test_parsing");
    JsonText json = new JsonText(ReadLimits.DEFAULT, "not UTF-8");
    int accepted = 0;
    int refused = 0;
    List<String> wrong = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(suite, "*.json")) {
      for (Path file : files) {
        byte[] bytes = Files.readAllBytes(file);
        RawRow row = json.row(1, bytes, 0, bytes.length);
        FaultReason reason = row instanceof RawRow.Broken broken ? broken.fault().reason() : null;
        boolean wellFormed =
            reason == null
                || reason == FaultReason.NOT_AN_OBJECT
                || reason == FaultReason.EMPTY_ROW
                || reason == FaultReason.DUPLICATE_KEY;
        String name = file.getFileName().toString();
        if (name.startsWith("y_")) {
          accepted++;
          if (!wellFormed) {
            wrong.add(name + " " + reason);
          }
        } else if (name.startsWith("n_")) {
          refused++;
          // Nothing at all is no JSON; here it has a code of its own. Python writes NaN and
          // Infinity.
          boolean meant =
              reason == FaultReason.EMPTY_ROW
                  || List.of("NaN", "infinity", "minus_infinity")
                      .contains(name.replaceAll("n_number_|\\.json", ""));
          if (wellFormed && !meant) {
            wrong.add(name);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(accepted).isGreaterThan(50);
    assertThat(refused).isGreaterThan(100);
  }

  private void assertRefused(String content, String code) {
    assertThatThrownBy(() -> ReadRows.of(folder, "x.json", content))
        .isInstanceOfSatisfying(
            DatasetException.class, e -> assertThat(e.detail().code()).isEqualTo(code));
  }
}
