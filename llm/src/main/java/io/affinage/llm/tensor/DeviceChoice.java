package io.affinage.llm.tensor;

import ai.djl.Device;

/**
 * Where a model computes, and why there.
 *
 * @param device as DJL names it
 * @param reason for people, such as {@code auto: libtorch sees no CUDA device}
 */
public record DeviceChoice(Device device, String reason) {

  /** {@code cpu} or {@code cuda:N}, as users write it. */
  public String name() {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }
}
