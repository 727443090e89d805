package io.affinage.artifacts;

import java.io.IOException;
import java.nio.file.Path;

/** The kinds of store that keep the same contract. */
enum StoreKind {
  FOLDER {
    @Override
    ArtifactStore open(Path location) throws IOException {
      return ArtifactStores.open(location.toString());
    }
  };

  /** A new instance on the store at this location; different locations are different stores. */
  abstract ArtifactStore open(Path location) throws IOException;
}
