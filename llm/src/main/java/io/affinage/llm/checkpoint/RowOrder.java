package io.affinage.llm.checkpoint;

/** How a tensor lies in its file, compared with Hugging Face's layout. */
public sealed interface RowOrder {

  /** The usual case: row r of the tensor is row r of the file. */
  Rows AS_IS = new AsIs();

  /** The file has the same rows, perhaps in other places. */
  sealed interface Rows extends RowOrder {
    /** The position in the file of row {@code row} of the Hugging Face layout. */
    long storedRow(long row);

    /** Rows change places within groups of so many: what must be in memory to put them in order. */
    long span();
  }

  /** Rows lie in the file as Hugging Face has them. */
  record AsIs() implements Rows {
    @Override
    public long storedRow(long row) {
      return row;
    }

    @Override
    public long span() {
      return 1;
    }
  }

  /**
   * The rows of each attention head are interleaved: llama.cpp's rotary embedding pairs
   * neighbouring rows (2j, 2j+1), Hugging Face's pairs a row of the first half of the head with one
   * of the second (j, j + headSize/2). GGUF files of the Llama family store {@code attn_q} and
   * {@code attn_k} like this. A user of raw blocks gathers file rows by {@link Rows#storedRow};
   * {@link Checkpoint#read} has already done so.
   *
   * @param headSize rows per head, even
   */
  record RotaryPairs(int headSize) implements Rows {
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

    @Override
    public long span() {
      return headSize;
    }
  }

  /**
   * Query, key and value rows of one layer: the file has all queries, then all keys, then all
   * values; Hugging Face has query, key and value of the first head, then of the next (GPT-NeoX).
   *
   * @param headSize rows per head
   * @param heads how many
   */
  record PartsOfHeads(int headSize, int heads) implements Rows {
    private static final int PARTS = 3;

    @Override
    public long storedRow(long row) {
      long head = row / (PARTS * headSize);
      long part = row / headSize % PARTS;
      return (part * heads + head) * headSize + row % headSize;
    }

    @Override
    public long span() {
      return (long) PARTS * heads * headSize;
    }
  }

  /**
   * The file has the matrix the other way round, [columns, rows], so that its rows are columns here
   * (GPT-2).
   */
  record Transposed() implements RowOrder {}
}
