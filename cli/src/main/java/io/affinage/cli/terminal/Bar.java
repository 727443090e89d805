package io.affinage.cli.terminal;

/** A bar of a fixed width for {@code done} of {@code total}. */
public final class Bar {
  private static final int WIDTH = 24;

  private Bar() {}

  public static String of(long done, long total) {
    int filled =
        total <= 0
            ? 0
            : (int) Math.min(WIDTH, Math.max(0, Math.round((double) WIDTH * done / total)));
    return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]";
  }

  /** Minutes and seconds. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? "%d:%02d:%02d".formatted(whole / 3600, whole % 3600 / 60, whole % 60)
        : "%d:%02d".formatted(whole / 60, whole % 60);
  }
}
