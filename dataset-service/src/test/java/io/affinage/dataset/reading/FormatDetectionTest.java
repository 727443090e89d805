package io.affinage.dataset.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetFormat;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatDetectionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "upload|{\"a\":1}\\n{\"a\":2}|JSONL",
        "upload|{\"a\":1}|JSONL",
        "x.json|{\"a\":1}\\n{\"a\":2}|JSONL",
        "x.json|{\"messages\":[{\"role\":\"user\"}]}|JSONL",
        "x.json|{\"data\":[{\"a\":1}]}|JSON",
        "x.json|{\\n \"data\": [|JSON",
        "upload|{\"broken\":\\n{\"a\":2}|JSONL",
        "upload|[{\"a\":1}]|JSON",
        "upload|\\n [|JSON",
        "upload|prompt,completion\\nx,y|CSV",
        "upload|\"prompt\"\\t\"answer text\"\\nx\\ty|CSV",
        "x.csv|{\"a\",b|CSV",
        "x.TXT|[1]|TEXT",
        "x.jsonl.gz|\"a\"|JSONL",
        "anything|PAR1xxxx|PARQUET"
      })
  void shouldTellTheFormat(String name, String head, DatasetFormat expected) {
    assertThat(detect(name, head.replace("\\n", "\n").replace("\\t", "\t"))).isEqualTo(expected);
  }

  @Test
  void shouldNotGuess() {
    assertCode("upload", "Once upon a time, there was", "unknown_format");
    assertCode("upload", "\0\1\2,\3", "unknown_format");
    assertCode("upload", "", "empty_file");
  }

  private static void assertCode(String name, String head, String code) {
    assertThatThrownBy(() -> detect(name, head))
        .isInstanceOfSatisfying(
            DatasetException.class, e -> assertThat(e.detail().code()).isEqualTo(code));
  }

  private static DatasetFormat detect(String name, String head) {
    return FormatDetection.of(head.getBytes(StandardCharsets.UTF_8), true, name);
  }
}
