package io.affinage.llm.checkpoint;

/** In which order the rows of a tensor lie in its file, compared with Hugging Face's layout. */
public sealed interface RowOrder {

  /** The usual case: row r of the tensor is row r of the file. */
  RowOrder AS_IS = new AsIs();

  /** The position in the file of row {@code row} of the Hugging Face layout. */
  long storedRow(long row);

  /** Rows lie in the file as Hugging Face has them. */
  record AsIs() implements RowOrder {
    @Override
    public long storedRow(long row) {
      return row;
    }
  }

  /**
   * The rows of each attention head are interleaved: llama.cpp's rotary embedding pairs
   * neighbouring rows (2j, 2j+1), Hugging Face's pairs a row of the first half of the head with one
   * of the second (j, j + headSize/2). GGUF files of the Llama family store {@code attn_q} and
   * {@code attn_k} like this. A user of raw blocks gathers file rows by {@link #storedRow}; {@link
   * Checkpoint#read} has already done so.
   *
   * @param headSize rows per head, even
   */
  record RotaryPairs(int headSize) implements RowOrder {
    public RotaryPairs {
      if (headSize <= 0 || headSize % 2 != 0) {
        throw new IllegalArgumentException("head size must be even and positive: " + headSize);
      }
    }

    @Override
    public long storedRow(long row) {
      long head = row / headSize;
      int inHead = (int) (row % headSize);
      int half = headSize / 2;
      return head * headSize + (inHead < half ? 2L * inHead : 2L * (inHead - half) + 1);
    }
  }
}
