package io.affinage.llm.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
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
    return chooseDevice().device();
  }

  /**
   * Finds the device; loads libtorch unless that is the CPU in any case.
   *
   * @throws LlmException {@code device_unavailable} for a device that is not here, never the CPU in
   *     its place, and for a libtorch that cannot be used
   */
  public DeviceChoice chooseDevice() {
    return choose(device.equals("cpu") ? 0 : visibleGpus());
  }

  /** As {@link #chooseDevice}, where libtorch sees so many CUDA devices. */
  DeviceChoice choose(int gpus) {
    if (device.equals("cpu")) {
      return new DeviceChoice(Device.cpu(), "as configured");
    }
    if (device.equals("auto") && gpus == 0) {
      return new DeviceChoice(Device.cpu(), "auto: " + noneSeen());
    }
    if (device.equals("auto") || device.equals("cuda") || device.matches("cuda:\\d{1,3}")) {
      int index = device.startsWith("cuda:") ? Integer.parseInt(device.substring(5)) : 0;
      if (index < gpus) {
        return new DeviceChoice(
            Device.gpu(index),
            device.equals("auto")
                ? "auto: the first of %d CUDA device(s)".formatted(gpus)
                : "as configured, of %d CUDA device(s)".formatted(gpus));
      }
      throw new LlmException(
          "device_unavailable",
          "device '%s' is not here: %s"
              .formatted(
                  device,
                  gpus == 0 ? noneSeen() : "libtorch sees %d CUDA device(s)".formatted(gpus)));
    }
    throw new LlmException(
        "device_unavailable",
        "device '" + device + "' does not exist; there are auto, cpu, cuda, cuda:N");
  }

  private static int visibleGpus() {
    try {
      return Engine.getEngine("PyTorch").getGpuCount();
    } catch (EngineException | LinkageError e) {
      throw new LlmException(
          "device_unavailable", "libtorch or CUDA cannot be used here: " + innermost(e), e);
    }
  }

  private static String innermost(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static String noneSeen() {
    String flavor = System.getenv("PYTORCH_FLAVOR");
    return flavor == null || flavor.startsWith("cpu")
        ? "the libtorch in use is the one for CPUs, which sees no CUDA device (deploy/README.md,"
            + " GPUs)"
        : "libtorch %s sees no CUDA device: look at the driver, and whether a GPU was given to this process"
            .formatted(flavor);
  }
}
