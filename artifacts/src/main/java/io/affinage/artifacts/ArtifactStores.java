package io.affinage.artifacts;

import java.net.URI;
import java.nio.file.Path;

/** Opens a store by its location. */
public final class ArtifactStores {
  private ArtifactStores() {}

  /**
   * Opens a store.
   *
   * @param location a path; {@code file:/path}; or {@code s3://bucket/prefix} with the options
   *     {@code ?endpoint=URI&region=NAME&pathStyle=true&cache=FOLDER}, each optional. The cache is
   *     {@code ~/.cache/affinage/artifacts} unless named. S3 credentials come from the AWS SDK's
   *     default chain.
   * @throws ArtifactStoreException when the location is not understood
   */
  public static ArtifactStore open(String location) throws ArtifactStoreException {
    if (location == null || location.isBlank()) {
      throw S3Location.invalid(location, "it is empty", null);
    }
    try {
      if (location.startsWith("s3:")) {
        S3Location s3 = S3Location.parse(location);
        return new S3ArtifactStore(s3.endpoint(), s3.bucket(), s3.prefix(), s3.cache());
      }
      if (location.startsWith("file:")) {
        return new FolderArtifactStore(Path.of(URI.create(location)));
      }
      if (location.matches("[a-zA-Z][a-zA-Z0-9+.-]+:.*")) {
        throw S3Location.invalid(location, "its scheme is unknown", null);
      }
      return new FolderArtifactStore(Path.of(location));
    } catch (IllegalArgumentException e) {
      throw S3Location.invalid(location, e.getMessage(), e);
    }
  }

  /**
   * Opens a store.
   *
   * @param location as for {@link #open(String)}
   */
  public static ArtifactStore open(URI location) throws ArtifactStoreException {
    return open(location.toString());
  }
}
