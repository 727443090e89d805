package io.affinage.dataset.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.SharedData;
import io.affinage.events.DatasetFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvRowsTest {
  @TempDir Path folder;

  @Test
  void shouldReadTheCsvSpectrum() throws IOException {
    Path spectrum = SharedData.folder("adv-csv-spectrum");
    JsonMapper json = new JsonMapper();
    int files = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(spectrum.resolve("csvs"), "*.csv")) {
      for (Path csv : all) {
        String name = csv.getFileName().toString().replace(".csv", ".json");
        if (name.equals("location_coordinates.json") || name.equals("newlines_crlf.json")) {
          continue; // expected there is the content of another file, and CR LF that the file lacks
        }
        JsonNode expected = json.readTree(spectrum.resolve("json").resolve(name).toFile());
        ArrayNode found = json.createArrayNode();
        for (RawRow row : ReadRows.of(csv, DatasetFormat.CSV, ReadLimits.DEFAULT)) {
          found.add(((RawRow.Fields) row).fields());
        }
        assertThat(found).as(name).isEqualTo(expected);
        files++;
      }
    }
    assertThat(files).isEqualTo(10);
  }

  @Test
  void shouldTellEachBadRecordAndGoOnBehindIt() {
    String file =
        "a,b\r\n1,2\r\n3\r\n4,5,6\r\n,\r\n\r\n\"multi\nline\",x\r\n\"q\"z,9\r\n7,\"8\"\"\"\r\n\r\n";
    assertThat(ReadRows.show(ReadRows.of(folder, "x.csv", file)))
        .containsExactly(
            "2:{\"a\":\"1\",\"b\":\"2\"}",
            "3:wrong_field_count",
            "4:wrong_field_count",
            "5:empty_row",
            "7:{\"a\":\"multi\\nline\",\"b\":\"x\"}",
            "9:invalid_csv_quoting",
            "10:{\"a\":\"7\",\"b\":\"8\\\"\"}");
  }

  @Test
  void shouldQuarantineInvalidUtf8Only() {
    byte[] bytes = "\uFEFFa,b\nü,2\n?,2\n🙂,2\n".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '?') {
        bytes[i] = (byte) 0xFC;
      }
    }
    assertThat(ReadRows.show(ReadRows.of(folder, "x.csv", bytes, ReadLimits.DEFAULT)))
        .containsExactly(
            "2:{\"a\":\"ü\",\"b\":\"2\"}", "3:invalid_utf8", "4:{\"a\":\"🙂\",\"b\":\"2\"}");
  }

  @Test
  void shouldCutARecordThatIsTooLargeWithoutLosingItsNeighbours() {
    ReadLimits limits = new ReadLimits(1000, 1L << 40, 20, 100);
    String big = "\"" + "x\"\",\n".repeat(2_000_000) + "\"";
    String file = "a,b\n1,2\n" + big + ",\"3\"\n" + "plain".repeat(1_000_000) + ",4\n5,6\n";
    assertThat(
            ReadRows.show(
                ReadRows.of(folder, "x.csv", file.getBytes(StandardCharsets.UTF_8), limits)))
        .containsExactly(
            "2:{\"a\":\"1\",\"b\":\"2\"}",
            "3:row_too_large",
            lineOf(file, "plain") + ":row_too_large",
            lineOf(file, "5,6") + ":{\"a\":\"5\",\"b\":\"6\"}");
  }

  @Test
  void shouldCutTheLastRecordToo() {
    ReadLimits limits = new ReadLimits(100, 1L << 40, 20, 100);
    String file = "a,b\n1,2\n3,\"" + "z".repeat(1000) + "\"";
    assertThat(
            ReadRows.show(
                ReadRows.of(folder, "x.csv", file.getBytes(StandardCharsets.UTF_8), limits)))
        .containsExactly("2:{\"a\":\"1\",\"b\":\"2\"}", "3:row_too_large");
  }

  @Test
  void shouldRefuseAQuoteThatIsNeverClosed() {
    assertRefused("a,b\n1,2\n\"3,4\n5,6\n", "unclosed_quote");
    assertRefused("a,a\n1,2\n", "duplicate_column");
  }

  @Test
  void shouldReadTabs() {
    assertThat(ReadRows.show(ReadRows.of(folder, "x.tsv", "a\tb\n1,5\t2\n")))
        .containsExactly("2:{\"a\":\"1,5\",\"b\":\"2\"}");
  }

  @Test
  void shouldDecodeAcrossBufferEnds() throws IOException {
    String text = "a🙂ü€".repeat(40_000);
    SurrogateEscapeReader reader =
        new SurrogateEscapeReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    StringBuilder out = new StringBuilder();
    char[] chunk = new char[777];
    for (int n = reader.read(chunk, 0, 777); n >= 0; n = reader.read(chunk, 0, 777)) {
      out.append(chunk, 0, n);
    }
    assertThat(out.toString()).isEqualTo(text);
    assertThat(SurrogateEscapeReader.hasEscape(out)).isFalse();
  }

  private static long lineOf(String file, String part) {
    return 1 + file.substring(0, file.indexOf(part)).chars().filter(c -> c == '\n').count();
  }

  private void assertRefused(String content, String code) {
    assertThatThrownBy(() -> ReadRows.of(folder, "x.csv", content))
        .isInstanceOfSatisfying(
            DatasetException.class, e -> assertThat(e.detail().code()).isEqualTo(code));
  }
}
