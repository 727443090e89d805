package io.affinage.artifacts;

/**
 * What the store holds under one digest.
 *
 * @param digest {@code sha256:} and 64 lower-case hexadecimal digits; for a folder, of its manifest
 * @param size bytes; for a folder, the sum over its files
 */
public record Artifact(String digest, Kind kind, long size) {

  /** A single file, or a folder listed by a manifest. */
  public enum Kind {
    FILE,
    FOLDER
  }
}
