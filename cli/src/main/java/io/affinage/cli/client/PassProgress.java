package io.affinage.cli.client;

import io.affinage.events.TrainingProgressed;

/** How far something within a step is, for a line of progress. */
public final class PassProgress {
  private PassProgress() {}

  /** As in {@code backward, block 40 of 80}. */
  public static String text(TrainingProgressed.Pass pass) {
    return pass.kind().equals("quantize")
        ? "quantizing the base, %d of %d weights".formatted(pass.done(), pass.of())
        : "%s, block %d of %d".formatted(pass.kind(), pass.done(), pass.of());
  }
}
