package io.affinage.eval.metric;

/**
 * Tuned against base on the same items.
 *
 * @param gain tuned minus base; for perplexity the relative fall
 * @param pValue two-sided paired permutation test
 */
public record Comparison(Metric metric, double gain, double low, double high, double pValue) {}
