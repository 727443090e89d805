package io.affinage.bench;

/**
 * What {@code workstation} trains, and how.
 *
 * @param shape of the model
 * @param steps that are measured
 * @param tokens of the one text of each step
 * @param kill whether the training is killed once on its way, to be gone on with
 * @param keep whether the model's folder stays
 */
record Workstation(ModelShape shape, int steps, int tokens, boolean kill, boolean keep) {}
