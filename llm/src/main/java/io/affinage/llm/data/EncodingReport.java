package io.affinage.llm.data;

/**
 * What became of a data set's examples.
 *
 * @param examples examples that are trained on
 * @param tokens their tokens
 * @param targetTokens their tokens on which loss is taken
 * @param longest tokens of the longest of them
 * @param dropped examples left out because they were too long
 * @param truncated examples whose end was cut off
 */
public record EncodingReport(
    int examples, long tokens, long targetTokens, int longest, int dropped, int truncated) {}
