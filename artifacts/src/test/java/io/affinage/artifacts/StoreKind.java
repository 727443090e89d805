package io.affinage.artifacts;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A kind of store that keeps the contract.
 *
 * @param opener gives a new instance on the store of a test's own
 */
record StoreKind(String name, Opener opener) {

  @FunctionalInterface
  interface Opener {
    ArtifactStore open(Path temporary) throws IOException;
  }

  static StoreKind folder() {
    return new StoreKind("folder", temporary -> ArtifactStores.open(temporary.toString()));
  }

  /** Each instance has a cache of its own, so that what another one stored comes from S3. */
  static StoreKind s3(LocalS3 s3) {
    String prefix = "/" + UUID.randomUUID();
    return new StoreKind(
        "s3",
        temporary ->
            ArtifactStores.open(
                s3.location(prefix, temporary.resolveSibling("cache-" + UUID.randomUUID()))));
  }

  ArtifactStore open(Path temporary) throws IOException {
    return opener.open(temporary);
  }

  @Override
  public String toString() {
    return name;
  }
}
