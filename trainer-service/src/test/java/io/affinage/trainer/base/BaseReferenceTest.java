package io.affinage.trainer.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.trainer.engine.TrainingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaseReferenceTest {

  @Test
  void shouldReadEveryForm() throws Exception {
    String digest = "sha256:" + "0a".repeat(32);

    assertThat(BaseReference.parse("scratch")).isEqualTo(new BaseReference.Scratch());
    assertThat(BaseReference.parse("artifact:" + digest))
        .isEqualTo(new BaseReference.Stored(digest));
    assertThat(BaseReference.parse("model:tiny:desk:0123"))
        .isEqualTo(new BaseReference.Registered("tiny:desk:0123"));
    assertThat(BaseReference.parse("tiny:desk:0123"))
        .isEqualTo(new BaseReference.Registered("tiny:desk:0123"));
    assertThat(BaseReference.parse("hub:owner/name@v1.0"))
        .isEqualTo(new BaseReference.Hub("owner/name", "v1.0"));
    assertThat(BaseReference.parse("owner/name-1.5B"))
        .isEqualTo(new BaseReference.Hub("owner/name-1.5B", null));
    assertThat(BaseReference.parse("file:/models/m.gguf"))
        .isEqualTo(new BaseReference.LocalPath("/models/m.gguf"));
    assertThat(BaseReference.parse("file:///models/m.gguf"))
        .isEqualTo(new BaseReference.LocalPath("/models/m.gguf"));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "artifact:sha256:12",
        "artifact:../../etc",
        "hub:name",
        "hub:../name",
        "hub:owner/../name",
        "owner/name/more",
        "file:",
        "model:",
        "../x",
        "a b"
      })
  void shouldRefuseWhatHasNoForm(String text) {
    assertThatThrownBy(() -> BaseReference.parse(text))
        .isInstanceOfSatisfying(
            TrainingException.class,
            e -> assertThat(e.detail().code()).isEqualTo("model_not_found"));
  }
}
