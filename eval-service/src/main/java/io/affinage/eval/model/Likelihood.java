package io.affinage.eval.model;

/**
 * How likely a model finds a continuation.
 *
 * @param logProbability sum over its tokens, nats; 0 or less
 * @param tokens how many they are
 */
public record Likelihood(double logProbability, int tokens) {}
