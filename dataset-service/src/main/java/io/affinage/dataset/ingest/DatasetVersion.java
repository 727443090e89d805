package io.affinage.dataset.ingest;

import io.affinage.events.ArtifactRef;

/**
 * A dataset in the artifact store.
 *
 * @param artifact the folder; its digest is the version
 */
public record DatasetVersion(ArtifactRef artifact, DatasetReport report) {}
