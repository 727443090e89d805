package io.affinage.dataset.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.dataset.DatasetException;
import io.affinage.dataset.SharedData;
import io.affinage.events.DatasetFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetRowsTest {
  @TempDir Path folder;

  @Test
  void shouldReadFilesOfEveryCompressionAndNesting() throws IOException {
    Path data = SharedData.folder("adv-parquet-testing").resolve("data");
    assertThat(first(data, "alltypes_plain.snappy.parquet"))
        .contains("\"id\":6", "\"string_col\":\"0\"", "\"bool_col\":true");
    assertThat(first(data, "list_columns.parquet"))
        .isEqualTo("{\"int64_list\":[1,2,3],\"utf8_list\":[\"abc\",\"efg\",\"hij\"]}");
    assertThat(first(data, "nested_lists.snappy.parquet"))
        .isEqualTo("{\"a\":[[[\"a\",\"b\"],[\"c\"]],[null,[\"d\"]]],\"b\":1}");
    assertThat(first(data, "nested_maps.snappy.parquet"))
        .isEqualTo("{\"a\":{\"a\":{\"1\":true,\"2\":false}},\"b\":1,\"c\":1.0}");
    assertThat(first(data, "old_list_structure.parquet")).isEqualTo("{\"a\":[[1,2],[3,4]]}");
    assertThat(first(data, "byte_stream_split.zstd.parquet")).contains("\"f32\":1.7640524");
    assertThat(first(data, "lz4_raw_compressed.parquet")).contains("\"c0\":1593604800");
    assertThat(rows(data, "concatenated_gzip_members.parquet")).hasSize(513);
    assertThat(rows(data, "datapage_v2.snappy.parquet")).hasSize(5);
    assertThat(rows(data, "nulls.snappy.parquet"))
        .hasSize(8)
        .allSatisfy(row -> assertThat(row).isInstanceOf(RawRow.Fields.class));
  }

  /** No file of the suite may do more than be read, be refused with a code, or have bad rows. */
  @Test
  void shouldSurviveEveryFile() throws IOException {
    Map<String, String> outcomes = new TreeMap<>();
    for (String part : List.of("data", "bad_data")) {
      Path data = SharedData.folder("adv-parquet-testing").resolve(part);
      try (DirectoryStream<Path> files = Files.newDirectoryStream(data, "*.parquet*")) {
        for (Path file : files) {
          outcomes.put(part + "/" + file.getFileName(), outcome(file));
        }
      }
    }
    assertThat(outcomes)
        .containsEntry("data/large_string_map.brotli.parquet", "unsupported_compression")
        .containsEntry("data/hadoop_lz4_compressed.parquet", "unsupported_compression")
        .containsEntry("data/datapage_v1-corrupt-checksum.parquet", "invalid_parquet")
        .containsEntry("data/rle-dict-uncompressed-corrupt-checksum.parquet", "invalid_parquet")
        .containsEntry("data/encrypt_columns_and_footer.parquet.encrypted", "invalid_parquet")
        .containsEntry("bad_data/PARQUET-1481.parquet", "invalid_parquet")
        .containsEntry("data/alltypes_plain.parquet", "8 rows");
    assertThat(outcomes.values())
        .allMatch(
            found ->
                found.endsWith(" rows")
                    || found.equals("invalid_parquet")
                    || found.equals("unsupported_compression"));
  }

  @Test
  void shouldRefuseWhatIsNoParquet() throws IOException {
    for (String content : List.of("", "PAR1", "PAR1PAR1", "PAR1....PAR1", "{\"a\":1}")) {
      Path file =
          Files.write(folder.resolve("x.parquet"), content.getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> ReadRows.of(file, null, ReadLimits.DEFAULT))
          .as(content)
          .isInstanceOfSatisfying(
              DatasetException.class,
              e -> assertThat(e.detail().code()).isEqualTo("invalid_parquet"));
    }
  }

  private static String outcome(Path file) throws IOException {
    try {
      return ReadRows.of(file, DatasetFormat.PARQUET, ReadLimits.DEFAULT).size() + " rows";
    } catch (DatasetException e) {
      return e.detail().code();
    }
  }

  private static List<RawRow> rows(Path data, String name) throws IOException {
    return ReadRows.of(data.resolve(name), null, ReadLimits.DEFAULT);
  }

  private static String first(Path data, String name) throws IOException {
    return ((RawRow.Fields) rows(data, name).get(0)).fields().toString();
  }
}
