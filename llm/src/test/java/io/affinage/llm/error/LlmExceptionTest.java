package io.affinage.llm.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LlmExceptionTest {

  @Test
  void shouldCarryCodeMessageAndCause() {
    var cause = new IOException("disk");
    var failure = new LlmException("checkpoint_truncated", "model.gguf ends early", cause);
    assertThat(failure.code()).isEqualTo("checkpoint_truncated");
    assertThat(failure).hasMessage("model.gguf ends early").hasCause(cause);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Checkpoint", "checkpoint-truncated", "a__b", "a_", "checkpoint truncated"})
  void shouldRejectCodesThatAreNotSnakeCase(String code) {
    assertThatIllegalArgumentException().isThrownBy(() -> new LlmException(code, "text"));
  }
}
