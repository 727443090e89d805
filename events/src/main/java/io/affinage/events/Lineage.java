package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * Everything that determines a model: the same lineage gives the same bits.
 *
 * @param baseModelDigest null for a model from scratch
 * @param spec the resolved specification, every default filled in
 * @param codeVersion the trainer's version
 */
public record Lineage(
    String datasetDigest,
    @Nullable String baseModelDigest,
    TrainingSpec spec,
    long seed,
    String codeVersion) {}
