package io.affinage.llm.tensor;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;

/** What models may take where they compute. */
public final class DeviceMemory {
  private DeviceMemory() {}

  /** Bytes of a GPU, or of the machine or container for the CPU. */
  public static long of(Device device) {
    return device.isGpu() ? CudaUtils.getGpuMemory(device).getMax() : ResidentMemory.limit();
  }
}
