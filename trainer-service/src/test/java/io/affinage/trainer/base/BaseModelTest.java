package io.affinage.trainer.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaseModelTest {

  @ParameterizedTest
  @CsvSource({
    "owner/name-1.5B, name-1.5B",
    "tiny.gguf, tiny.gguf",
    "tiny:desk:0123, tiny",
    "scratch, scratch",
    "artifact:sha256:0123456789abcdef, base-01234567",
    "odd name!, odd-name-"
  })
  void shouldGiveModelIdsAReadableFirstPart(String name, String expected) {
    assertThat(new BaseModel(name, null).shortName()).isEqualTo(expected);
  }
}
