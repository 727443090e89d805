package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorKindTest {
  @ParameterizedTest
  @CsvSource({
    "invalid_spec, USER",
    "non_finite_loss, USER",
    "model_not_found, USER",
    "adapter_does_not_fit, USER",
    "insufficient_memory, WORKER",
    "device_unavailable, WORKER",
    "checkpoint_not_written, WORKER",
    "internal_error, WORKER",
    "artifact_store_unavailable, PASSING",
    "hub_unreachable, PASSING",
    "model_unknown, USER",
    "source_unreadable, PASSING"
  })
  void shouldSayWhoseAnErrorIs(String code, ErrorKind kind) {
    assertThat(ErrorKind.of(code)).isEqualTo(kind);
  }

  /** A new code that nobody has thought about ends the work and is seen. */
  @Test
  void shouldTakeAnUnknownCodeForTheUsers() {
    assertThat(new ErrorDetail("never_heard_of", "", null).kind()).isEqualTo(ErrorKind.USER);
  }
}
