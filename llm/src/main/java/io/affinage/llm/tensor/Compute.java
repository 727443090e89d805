package io.affinage.llm.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.affinage.llm.error.LlmException;
import java.util.Locale;
import java.util.Optional;

/**
 * Where and in which precision a model computes.
 *
 * @param device {@code auto} (the first CUDA device, else the CPU), {@code cpu}, {@code cuda} or
 *     {@code cuda:N}
 * @param precision empty for what the machine is fastest in, see {@link PrecisionProbe}
 */
public record Compute(String device, Optional<Precision> precision) {
  /** What the machine offers. */
  public static final Compute AUTO = new Compute("auto", Optional.empty());

  /** Reads {@code auto}, {@code float32}, {@code bfloat16} as users write them. */
  public static Compute of(String device, String dtype) {
    String name = dtype == null ? "auto" : dtype.toLowerCase(Locale.ROOT);
    return new Compute(
        device == null ? "auto" : device,
        switch (name) {
          case "auto" -> Optional.empty();
          case "float32", "fp32" -> Optional.of(Precision.FLOAT32);
          case "bfloat16", "bf16" -> Optional.of(Precision.BFLOAT16);
          default ->
              throw new LlmException(
                  "invalid_dtype",
                  "dtype '" + dtype + "' does not exist; there are auto, float32, bfloat16");
        });
  }

  /**
   * The device as DJL names it.
   *
   * @throws LlmException {@code device_unavailable}
   */
  public Device resolveDevice() {
    int gpus = Engine.getEngine("PyTorch").getGpuCount();
    if (device.equals("cpu") || device.equals("auto") && gpus == 0) {
      return Device.cpu();
    }
    if (device.equals("auto") || device.equals("cuda") || device.matches("cuda:\\d{1,3}")) {
      int index = device.startsWith("cuda:") ? Integer.parseInt(device.substring(5)) : 0;
      if (index < gpus) {
        return Device.gpu(index);
      }
      throw new LlmException(
          "device_unavailable",
          "device '%s' is not here: this machine's libtorch sees %d CUDA device(s)"
              .formatted(device, gpus));
    }
    throw new LlmException(
        "device_unavailable",
        "device '" + device + "' does not exist; there are auto, cpu, cuda, cuda:N");
  }
}
