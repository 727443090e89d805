package io.affinage.artifacts;

import java.util.Locale;

/** Why the store refused or failed; the code is stable and shared by events, REST and metrics. */
public enum ArtifactFault {
  /** Nothing is stored under the digest or path. */
  ARTIFACT_NOT_FOUND,
  /** What is stored under the digest has another content. */
  ARTIFACT_CORRUPT,
  /** The text is not {@code sha256:} and 64 lower-case hexadecimal digits. */
  ARTIFACT_DIGEST_INVALID,
  /** The digest names a file where a folder's manifest is needed. */
  ARTIFACT_NOT_A_FOLDER,
  /** A name that would leave its folder, or that not every system can hold. */
  ARTIFACT_PATH_INVALID,
  /** A folder to store has a link out of itself, or something that is neither file nor folder. */
  ARTIFACT_LINK_REFUSED,
  /** No room is left where the store lies. */
  ARTIFACT_STORE_FULL,
  /** The store may not be written. */
  ARTIFACT_STORE_READ_ONLY,
  /** The store or its credentials may not be used. */
  ARTIFACT_STORE_DENIED,
  /** The store could not be reached or failed in another way. */
  ARTIFACT_STORE_UNAVAILABLE,
  /** The store's location is not understood. */
  ARTIFACT_STORE_LOCATION_INVALID;

  /** For example {@code artifact_store_full}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
