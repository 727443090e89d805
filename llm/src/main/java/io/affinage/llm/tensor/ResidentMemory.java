package io.affinage.llm.tensor;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What this process has in memory, native and heap together, as Linux counts it. */
public final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private ResidentMemory() {}

  /** Bytes now; empty where the system does not tell. */
  public static OptionalLong now() {
    return read("VmRSS:");
  }

  /** The most bytes since the process began or {@link #resetPeak()}; empty where not told. */
  public static OptionalLong peak() {
    return read("VmHWM:");
  }

  /**
   * Lets the peak begin anew at what there is now.
   *
   * @return whether the system allows it
   */
  public static boolean resetPeak() {
    try {
      Files.writeString(CLEAR, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Bytes that this process may have: of the machine, or of its container. */
  public static long limit() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** Bytes of the machine that nobody uses, or that can be given back; empty where not told. */
  public static OptionalLong available() {
    OptionalLong machine = read(MACHINE, "MemAvailable:");
    return machine.isPresent() ? OptionalLong.of(Math.min(machine.getAsLong(), limit())) : machine;
  }

  private static OptionalLong read(String field) {
    return read(STATUS, field);
  }

  private static OptionalLong read(Path file, String field) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(field)) {
          String kilobytes = line.substring(field.length()).replace("kB", "").strip();
          return OptionalLong.of(Long.parseLong(kilobytes) * 1024);
        }
      }
      return OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
