package io.affinage.llm.error;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What libtorch throws, which has no codes: memory that is short, a device that has failed. */
public final class NativeFault {
  private static final Pattern MEMORY =
      Pattern.compile("out of memory|can't allocate memory|not enough memory|bad_alloc");
  private static final Pattern DEVICE =
      Pattern.compile("cuda error|cublas_status|cudnn_status|cudnn error|nccl error");

  private NativeFault() {}

  /**
   * @return {@code out_of_memory} or {@code device_failed}; empty for anything else
   */
  public static Optional<LlmException> of(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (cause instanceof OutOfMemoryError || MEMORY.matcher(text).find()) {
        return Optional.of(
            new LlmException(
                "out_of_memory",
                "memory ran out while computing ("
                    + firstLine(cause)
                    + "); use a smaller batchSize or maxLength, more gradientAccumulation, or give"
                    + " it more memory",
                thrown));
      }
      if (DEVICE.matcher(text).find()) {
        return Optional.of(
            new LlmException(
                "device_failed",
                "the device failed while computing ("
                    + firstLine(cause)
                    + "); look at it, and start the service again",
                thrown));
      }
    }
    return Optional.empty();
  }

  private static String firstLine(Throwable cause) {
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("no message");
  }
}
