package io.affinage.events;

/**
 * Everything that determines a model: the same lineage gives the same bits.
 *
 * @param baseModelDigest null for a model from scratch
 * @param spec the resolved specification, every default filled in
 * @param codeVersion the trainer's version
 */
public record Lineage(
    String datasetDigest,
    String baseModelDigest,
    TrainingSpec spec,
    long seed,
    String codeVersion) {}
