package io.affinage.llm.data;

import java.util.List;
import java.util.Map;

/**
 * What became of a data set's examples.
 *
 * @param examples what is trained on; one that is split by its answers counts as several
 * @param tokens their tokens
 * @param targetTokens their tokens on which loss is taken
 * @param longest tokens of the longest of them
 * @param dropped left out because they were too long
 * @param truncated those whose end was cut off
 * @param tokensLost tokens of those dropped for their length, and tokens cut off
 * @param adjustments examples by what was done to them
 * @param refused examples left out, by code; those too long are among them
 * @param firstRefusals the first of them, in the data set's order
 */
public record EncodingReport(
    int examples,
    long tokens,
    long targetTokens,
    int longest,
    int dropped,
    int truncated,
    long tokensLost,
    Map<Adjustment, Integer> adjustments,
    Map<String, Integer> refused,
    List<RefusedExample> firstRefusals) {
  /** The code of examples that are too long. */
  public static final String TOO_LONG = "example_too_long";

  public EncodingReport {
    adjustments = Map.copyOf(adjustments);
    refused = Map.copyOf(refused);
    firstRefusals = List.copyOf(firstRefusals);
  }

  /** The share of all tokens that was cut off or dropped for length, 0 to 1. */
  public double lostShare() {
    return tokensLost == 0 ? 0 : (double) tokensLost / (tokens + tokensLost);
  }
}
