package io.affinage.dataset.ingest;

/**
 * A set of 128-bit hashes in 16 to 64 bytes each, with linear probing. Two different rows collide
 * with a chance of one in 10^20 at a billion rows.
 */
final class DigestSet {
  private static final int MAX_CAPACITY = 1 << 29;

  private long[] table = new long[2 << 10];
  private int size;
  private boolean hasZero;

  /** Adds the hash; false when it was there. */
  boolean add(long high, long low) {
    if ((high | low) == 0) {
      boolean added = !hasZero;
      hasZero = true;
      return added;
    }
    int capacity = table.length >> 1;
    if (size >= capacity - (capacity >> 2)) {
      grow(capacity);
    }
    return insert(table, high, low) && ++size > 0;
  }

  int size() {
    return size + (hasZero ? 1 : 0);
  }

  private void grow(int capacity) {
    if (capacity >= MAX_CAPACITY) {
      throw new io.affinage.dataset.DatasetException(
          "dataset_too_large", "more than " + size + " distinct rows; submit it in parts");
    }
    long[] larger = new long[table.length * 2];
    for (int i = 0; i < table.length; i += 2) {
      if ((table[i] | table[i + 1]) != 0) {
        insert(larger, table[i], table[i + 1]);
      }
    }
    table = larger;
  }

  private static boolean insert(long[] table, long high, long low) {
    int mask = (table.length >> 1) - 1;
    int slot = (int) low & mask;
    while (true) {
      long h = table[2 * slot];
      long l = table[2 * slot + 1];
      if ((h | l) == 0) {
        table[2 * slot] = high;
        table[2 * slot + 1] = low;
        return true;
      }
      if (h == high && l == low) {
        return false;
      }
      slot = (slot + 1) & mask;
    }
  }
}
