package io.affinage.llm.generation;

import ai.djl.ndarray.NDArray;

/**
 * What new tokens are chosen from and computed with, as the kernels {@code decode} and {@code
 * choose} take it.
 *
 * @param logits [batch, vocabulary] float32; of one row, followed by those after drafted tokens
 * @param drafted [n] int64: tokens of one row that are computed already
 * @param seen [batch, vocabulary] bool: tokens of each row; written to
 * @param uniform [tokens, batch] float32 in [0, 1)
 * @param stops [n] int64
 * @param done [batch] bool: rows that need no more; written to
 * @param positions [batch] int64: of the first token
 * @param slot of the first token in the cache
 * @param more whether the logits after the last token are wanted too
 */
record DecodeStep(
    NDArray logits,
    NDArray drafted,
    NDArray seen,
    NDArray uniform,
    NDArray stops,
    NDArray done,
    NDArray positions,
    int slot,
    boolean more,
    Cache cache,
    Sampling sampling) {}
