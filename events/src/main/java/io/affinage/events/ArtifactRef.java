package io.affinage.events;

/**
 * A claim check: an artifact in the store, named by its content.
 *
 * @param digest {@code sha256:} and 64 lower-case hexadecimal digits; for a folder, the digest of
 *     its manifest
 * @param kind a single file, or a folder listed by a manifest
 * @param size bytes; for a folder, the sum over its files
 */
public record ArtifactRef(String digest, Kind kind, long size) {

  /** What the digest names. */
  public enum Kind {
    FILE,
    FOLDER
  }
}
