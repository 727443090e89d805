package io.affinage.llm.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.affinage.llm.error.LlmException;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Reads many hostile files and counts how it went. A file may be read or be refused with a code;
 * anything else, and memory beyond a multiple of the file, is a failure that names the round.
 *
 * <p>{@code -Daffinage.fuzz=100000} sets how many files of each kind; the default keeps the suite
 * quick.
 */
public final class Fuzzing {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Fuzzing() {}

  /** Reads one file; throws what the library throws. */
  @FunctionalInterface
  public interface Reading {
    void read(byte[] content) throws Exception;
  }

  /**
   * @param kind for messages
   * @param usual rounds unless asked otherwise
   * @param codes what a refusal's code may begin with
   * @param factor bytes of heap that a byte of the file may cost, beyond {@code constant}
   */
  public static void run(
      String kind,
      int usual,
      Set<String> codes,
      long factor,
      long constant,
      Supplier<byte[]> files,
      Reading reading)
      throws Exception {
    int rounds = Integer.getInteger("affinage.fuzz", usual);
    var outcomes = new TreeMap<String, Integer>();
    double worst = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] file = files.get();
      long before = THREADS.getCurrentThreadAllocatedBytes();
      String outcome = "read";
      try {
        reading.read(file);
      } catch (LlmException e) {
        outcome = e.code();
        assertThat(codes).as("%s, round %d: %s", kind, round, e).anyMatch(e.code()::startsWith);
        assertThat(e.getMessage().length()).as("message of round %d", round).isLessThan(4_000);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("%s, round %d".formatted(kind, round), e);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertThat(allocated)
          .as("%s, round %d: heap for a file of %d bytes", kind, round, file.length)
          .isLessThanOrEqualTo(factor * file.length + constant);
      worst = Math.max(worst, (double) allocated / Math.max(1, file.length));
      outcomes.merge(outcome, 1, Integer::sum);
    }
    System.out.printf(
        "%s: %d files, at most %.0f bytes of heap a byte: %s%n", kind, rounds, worst, outcomes);
    assertThat(outcomes.size()).as("outcomes of %s: %s", kind, outcomes).isGreaterThan(1);
    assertThat(outcomes.getOrDefault("read", 0)).as("harmless changes").isPositive();
  }
}
