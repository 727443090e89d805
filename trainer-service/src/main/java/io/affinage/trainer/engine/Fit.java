package io.affinage.trainer.engine;

import java.util.List;

/**
 * Whether a job fits this machine, estimated from the headers of its base before anything is
 * loaded.
 *
 * @param regime that it asks for: {@code full}, {@code lora}, {@code qlora} or {@code
 *     qlora-streamed}
 * @param fits whether it does
 * @param machine bytes that models may take here
 * @param regimes every one, with the rest of the job as it is
 */
public record Fit(String regime, boolean fits, long machine, List<Regime> regimes) {
  public Fit {
    regimes = List.copyOf(regimes);
  }

  /** Whether blocks of the base would be read from disk. */
  public boolean streamed() {
    return regime.endsWith("-streamed");
  }

  /** Why it does not fit, and what would; for people. */
  public String misfit() {
    List<String> others =
        regimes.stream()
            .filter(Regime::fits)
            .map(each -> "%s (%d MiB)".formatted(each.name(), each.peakBytes() >> 20))
            .toList();
    long needed =
        regimes.stream()
            .filter(each -> each.name().equals(regime))
            .mapToLong(Regime::peakBytes)
            .findFirst()
            .orElse(0);
    return "%s is estimated to need %d MiB, and there are %d MiB: %s"
        .formatted(
            regime,
            needed >> 20,
            machine >> 20,
            others.isEmpty()
                ? "nothing else fits either, but shorter or fewer rows at once may"
                : "what would fit: " + String.join(", ", others));
  }

  /**
   * A way of training.
   *
   * @param peakBytes of the whole process
   */
  public record Regime(String name, long peakBytes, boolean fits) {}
}
