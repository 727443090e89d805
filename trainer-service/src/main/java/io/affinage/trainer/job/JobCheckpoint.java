package io.affinage.trainer.job;

import io.affinage.events.ArtifactRef;

/**
 * A point that a later attempt can resume from.
 *
 * @param createdAt seconds since 1970
 * @param trainLoss null when unknown
 */
public record JobCheckpoint(
    String eventId, long createdAt, int step, ArtifactRef folder, Double trainLoss) {}
