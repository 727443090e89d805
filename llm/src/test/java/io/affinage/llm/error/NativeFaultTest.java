package io.affinage.llm.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class NativeFaultTest {
  /** Four exbibytes that no machine has. */
  @Test
  void shouldKnowWhatLibtorchThrowsWhenMemoryIsShort() {
    Throwable thrown;
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      thrown = catchThrowable(() -> manager.zeros(new Shape(1L << 30, 1L << 30), DataType.FLOAT32));
    }

    assertThat(NativeFault.of(thrown))
        .get()
        .extracting(LlmException::code)
        .isEqualTo("out_of_memory");
    assertThat(NativeFault.of(new CompletionException(thrown))).isPresent();
  }

  @Test
  void shouldKnowAFailedDeviceAndLeaveAllElse() {
    assertThat(NativeFault.of(new IllegalStateException("CUDA error: device-side assert")))
        .get()
        .extracting(LlmException::code)
        .isEqualTo("device_failed");
    assertThat(NativeFault.of(new IllegalStateException("shapes do not fit"))).isEmpty();
    assertThat(NativeFault.of(new IllegalStateException((String) null))).isEmpty();
  }
}
