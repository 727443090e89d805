package io.affinage.events;

/**
 * What became of every row read; {@code read = accepted + duplicates + quarantined}.
 *
 * @param duplicates exact duplicates removed (after normalisation)
 * @param quarantined rows set aside with line number and reason
 */
public record DatasetCounts(long read, long accepted, long duplicates, long quarantined) {}
