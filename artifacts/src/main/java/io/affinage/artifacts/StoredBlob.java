package io.affinage.artifacts;

import java.time.Instant;

/**
 * What lies in a store under one digest.
 *
 * @param digest {@code sha256:} and 64 lower-case hexadecimal digits
 * @param size bytes
 * @param storedAt when it was stored, or stored again, to the hour
 */
public record StoredBlob(String digest, long size, Instant storedAt) {}
