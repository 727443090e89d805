package io.affinage.llm.model;

import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.TensorEntry;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Compares two tensors of a checkpoint by their numbers, a few rows at a time. */
final class TensorEquality {
  private static final int STEP_BYTES = 4 << 20;

  private TensorEquality() {}

  /** Whether both have the same shape and every number is equal, however they are stored. */
  static boolean equal(Checkpoint checkpoint, TensorEntry a, TensorEntry b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      return false;
    }
    if (a.type() == b.type() && a.rowOrder().equals(b.rowOrder())) {
      return sameBytes(checkpoint, a, b);
    }
    int atOnce = (int) Math.max(1, STEP_BYTES / 4 / Math.max(1, a.rowElements()));
    for (long first = 0; first < a.rows(); first += atOnce) {
      long rows = Math.min(atOnce, a.rows() - first);
      if (!Arrays.equals(rows(checkpoint, a, first, rows), rows(checkpoint, b, first, rows))) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameBytes(Checkpoint checkpoint, TensorEntry a, TensorEntry b) {
    for (long from = 0; from < a.byteLength(); from += STEP_BYTES) {
      int length = (int) Math.min(STEP_BYTES, a.byteLength() - from);
      if (!checkpoint.bytes(a, from, length).equals(checkpoint.bytes(b, from, length))) {
        return false;
      }
    }
    return true;
  }

  private static float[] rows(Checkpoint checkpoint, TensorEntry entry, long first, long rows) {
    float[] values = new float[Math.toIntExact(rows * entry.rowElements())];
    checkpoint.readRows(entry, first, rows, FloatBuffer.wrap(values));
    return values;
  }
}
