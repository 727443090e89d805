package io.affinage.dataset.reading;

/**
 * A row as it was cut out of the file. Cutting is done in the order of the file; what is left to do
 * belongs to no other row, so any thread may do it.
 */
public interface FoundRow {

  /** Reads the row; to be called once. */
  RawRow read();

  /** About how many bytes of memory the row holds. */
  long weight();
}
