package io.affinage.artifacts;

import java.net.URI;
import java.nio.file.Path;

/** Opens a store by its location. */
public final class ArtifactStores {
  private ArtifactStores() {}

  /**
   * Opens a store.
   *
   * @param location a path, or {@code file:/path}
   * @throws ArtifactStoreException when the location is not understood
   */
  public static ArtifactStore open(String location) throws ArtifactStoreException {
    if (location == null || location.isBlank()) {
      throw invalid(location, null);
    }
    try {
      if (location.startsWith("file:")) {
        return new FolderArtifactStore(Path.of(URI.create(location)));
      }
      if (location.matches("[a-zA-Z][a-zA-Z0-9+.-]+:.*")) {
        throw invalid(location, null);
      }
      return new FolderArtifactStore(Path.of(location));
    } catch (IllegalArgumentException e) {
      throw invalid(location, e);
    }
  }

  private static ArtifactStoreException invalid(String location, Exception cause) {
    return new ArtifactStoreException(
        ArtifactFault.ARTIFACT_STORE_LOCATION_INVALID,
        "the artifact store's location '"
            + location
            + "' is not understood: give a path, file:/path or s3://bucket/prefix",
        cause);
  }
}
