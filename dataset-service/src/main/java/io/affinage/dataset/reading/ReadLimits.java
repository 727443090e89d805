package io.affinage.dataset.reading;

/**
 * Bounds that keep a hostile file from taking the service down.
 *
 * @param maxRowBytes largest row; larger ones go to quarantine without being held in memory
 * @param maxBytes most bytes of one dataset after decompression
 * @param excerptCharacters how much of a bad row quarantine keeps
 * @param maxNesting deepest JSON nesting
 */
public record ReadLimits(int maxRowBytes, long maxBytes, int excerptCharacters, int maxNesting) {
  public static final ReadLimits DEFAULT = new ReadLimits(8 << 20, 64L << 30, 512, 100);

  public ReadLimits {
    if (maxRowBytes < 1 || maxBytes < 1 || excerptCharacters < 0 || maxNesting < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
