package io.affinage.llm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.affinage.llm.error.LlmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComputeTest {

  @ParameterizedTest
  @CsvSource({
    "cpu, 0, cpu, as configured",
    "cpu, 2, cpu, as configured",
    "auto, 0, cpu, auto: the libtorch in use is the one for CPUs",
    "auto, 2, cuda:0, auto: the first of 2",
    "cuda, 1, cuda:0, as configured",
    "cuda:1, 2, cuda:1, as configured"
  })
  void shouldChooseADeviceAndSayWhy(String asked, int gpus, String chosen, String reason) {
    DeviceChoice choice = Compute.of(asked, "float32").choose(gpus);

    assertThat(choice.name()).isEqualTo(chosen);
    assertThat(choice.reason()).startsWith(reason);
  }

  @ParameterizedTest
  @CsvSource({"cuda, 0, which sees no CUDA device", "cuda:3, 2, sees 2 CUDA device(s)"})
  void shouldNeverTakeTheCpuWhereCudaWasAskedFor(String asked, int gpus, String message) {
    assertThatThrownBy(() -> Compute.of(asked, "float32").choose(gpus))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("device_unavailable"))
        .hasMessageContaining("device '" + asked + "' is not here")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "cuda:", "cuda:-1", "CUDA", "cuda:9999", ""})
  void shouldRefuseADeviceThatDoesNotExist(String asked) {
    assertThatThrownBy(() -> Compute.of(asked, "float32").choose(8))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void shouldFindTheDeviceOfThisMachine() {
    DeviceChoice choice = Compute.of("cpu", "float32").chooseDevice();
    assertThat(choice.device()).isEqualTo(Device.cpu());
  }
}
