package io.affinage.llm.data;

import java.util.List;

/**
 * Preference pairs as token rows, in the order of the data set.
 *
 * @param pairs chosen and rejected answer each, see {@link Group#pair}
 * @param report what became of the data set; its examples are pairs
 */
public record EncodedPairs(List<Group> pairs, EncodingReport report) {
  public EncodedPairs {
    pairs = List.copyOf(pairs);
  }
}
