package io.affinage.llm.checkpoint;

import java.util.Optional;

/** The types of GGUF metadata, in the order of their numbers in the file. */
public enum GgufType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(8),
  ARRAY(12),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private static final GgufType[] BY_ID = values();

  /** Bytes of a value; the least number for texts (their length) and arrays (type and count). */
  private final int leastBytes;

  GgufType(int leastBytes) {
    this.leastBytes = leastBytes;
  }

  int leastBytes() {
    return leastBytes;
  }

  static Optional<GgufType> of(int id) {
    return id >= 0 && id < BY_ID.length ? Optional.of(BY_ID[id]) : Optional.empty();
  }
}
