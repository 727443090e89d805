package io.affinage.llm.export;

import io.affinage.llm.checkpoint.GgufForm;
import io.affinage.llm.checkpoint.TensorEncoder;

/**
 * A weight as a GGUF file has it, its rows still in Hugging Face's order.
 *
 * @param shape outermost dimension first
 * @param rows gives some of them
 */
record StoredWeight(long[] shape, TensorEncoder.RowSource rows) {

  /** Elements read at a time from a matrix that is turned. */
  private static final int CHUNK = 1 << 20;

  static StoredWeight of(Weights weights, Weights.Weight weight, GgufForm form) {
    if (form == GgufForm.TRANSPOSED) {
      long[] shape = {weight.rowElements(), weight.rows()};
      return new StoredWeight(
          shape, (first, count, out) -> columns(weights, weight, (int) first, count, out));
    }
    float more = form.more();
    return new StoredWeight(
        weight.shape(),
        (first, count, out) -> {
          weights.read(weight, first, count, out);
          for (int i = 0; more != 0 && i < count * weight.rowElements(); i++) {
            out[i] += more;
          }
        });
  }

  /** Columns as rows: reads the whole matrix, some rows at a time. */
  private static void columns(
      Weights weights, Weights.Weight weight, int first, int count, float[] out) {
    int width = weight.rowElements();
    int height = (int) weight.rows();
    int atOnce = Math.max(1, Math.min(height, CHUNK / width));
    float[] part = new float[atOnce * width];
    for (int row = 0; row < height; row += atOnce) {
      int rows = Math.min(atOnce, height - row);
      weights.read(weight, row, rows, part);
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < count; c++) {
          out[c * height + row + r] = part[r * width + first + c];
        }
      }
    }
  }
}
