package io.affinage.llm.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Documents for pre-training, cut into rows of one fixed length. Every document is followed by an
 * end-of-text token; where a row ends within a document, the rest of it begins the next row.
 * Positions and attention begin anew with every piece.
 *
 * @param rows pieces of documents by row; the tokens of a row's pieces add up to the row's length
 * @param tokens tokens in all rows
 * @param targets tokens in all rows on which loss is taken: all but the first of each piece
 * @param remainder tokens that are left out: at the end, where they did not fill a row, and in rows
 *     of nothing but ends of empty documents, in which there is nothing to predict
 */
public record DocumentRows(
    List<List<TokenizedExample>> rows, long tokens, long targets, int remainder) {

  public DocumentRows {
    rows = List.copyOf(rows);
  }

  /**
   * Cuts documents.
   *
   * @param documents token ids of each document, without end-of-text
   * @param endOfText id put after each document that does not end with it already
   * @param length tokens of a row, at least 2
   */
  public static DocumentRows of(Iterable<int[]> documents, int endOfText, int length) {
    if (length < 2) {
      throw new IllegalArgumentException("a row needs at least 2 tokens, not " + length);
    }
    List<List<TokenizedExample>> rows = new ArrayList<>();
    List<TokenizedExample> row = new ArrayList<>();
    int filled = 0;
    long targets = 0;
    int empty = 0;
    int number = 0;
    for (int[] document : documents) {
      int[] ids = document;
      if (ids.length == 0 || ids[ids.length - 1] != endOfText) {
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = endOfText;
      }
      int from = 0;
      while (from < ids.length) {
        int to = Math.min(ids.length, from + length - filled);
        row.add(
            TokenizedExample.targetsFrom(
                number + ":" + from, Arrays.copyOfRange(ids, from, to), 0));
        filled += to - from;
        from = to;
        if (filled == length) {
          int found = row.stream().mapToInt(TokenizedExample::targetCount).sum();
          if (found > 0) {
            targets += found;
            rows.add(List.copyOf(row));
          } else {
            empty += length;
          }
          row.clear();
          filled = 0;
        }
      }
      number++;
    }
    return new DocumentRows(rows, (long) rows.size() * length, targets, empty + filled);
  }
}
